//! T20: clients that send a byte now and then, that send nothing, and that do not read.

use std::time::Duration;

use matchbus::transport::Url;
use matchbus_tests::faults::Ping;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::load::{End, load};
use crate::report::Report;
use crate::wire::{Said, Wire};
use crate::worker::{Plan, caller};
use crate::{Result, Setting, machine};

/// Memory for each connection.
const EACH: f64 = 64.0;
/// In KiB.
const MOST_MEMORY: u64 = 256 * 1024;
/// How much longer than the limit a connection may stay: it is told why first, and may read that.
const GRACE: Duration = Duration::from_secs(2);
/// How long a connection may say nothing at all, by default.
const SILENT: Duration = Duration::from_secs(10);
/// [`Ping`], as it is written.
const PING: &[u8] = br#"{"fault":"ping","n":1}"#;

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let slow: u32 = setting.pick(1_000, 100);
    let idle = setting.pick(1_000, 100);
    let deaf: u32 = setting.pick(10, 2);
    let rate = setting.pick(500, 100);
    let limit = setting.pick(Duration::from_secs(10), Duration::from_secs(1));
    let tick = setting.pick(Duration::from_secs(1), Duration::from_millis(100));
    let options = match setting.over {
        "http" => format!("?connections=4096&idle_ms={0}&body_ms={0}", limit.as_millis()),
        _ => format!("?max_connections=4096&line_timeout={0}ms&write_timeout={0}ms", limit.as_millis()),
    };
    let mut worker = Plan::new(setting.over, "work", &options)?.start().await?;
    let url = worker.address()?;
    let bus = caller([url.clone()]).await?;
    let good = |time| {
        load(rate, time, |n| {
            let bus = bus.clone();
            async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
        })
    };
    let silent = silent(&setting).await?;
    let steady = good(setting.pick(Duration::from_secs(20), Duration::from_secs(1))).await;
    let (before, _) = machine::memory(worker.pid());

    let mut kept = Vec::new();
    for _ in 0..idle {
        kept.push(Wire::connect(&url).await?);
    }
    let mut slow_ones = JoinSet::new();
    for n in 0..slow {
        slow_ones.spawn(dribble(Wire::connect(&url).await?, bytes(&url, n % 2 == 0), tick, limit * 3));
    }
    let mut deaf_ones = JoinSet::new();
    let loading = good(2 * limit + GRACE);
    let looking = async {
        // When all are there, and none is sent away yet.
        sleep(limit * 3 / 4).await;
        let full = machine::memory(worker.pid()).0;
        for _ in 0..deaf {
            deaf_ones.spawn(never_read(Wire::connect_deaf(&url).await?, tick, limit * 4));
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(full)
    };
    let (samples, full) = tokio::join!(loading, looking);
    let (full, silent) = (full?, silent.await??);
    let (mut closed, mut longest) = (0, Duration::ZERO);
    while let Some(one) = slow_ones.join_next().await {
        if let Some(after) = one? {
            closed += 1;
            longest = longest.max(after);
        }
    }
    let mut sent_away = 0;
    while let Some(one) = deaf_ones.join_next().await {
        sent_away += u64::from(one?);
    }
    drop(kept);
    #[allow(clippy::cast_precision_loss)] // KiB of a process.
    let each = full.saturating_sub(before) as f64 / f64::from(slow + idle);
    let p99 = 2 * steady.p99();
    report.at_most("errors of good callers", steady.errors() + samples.errors(), 0);
    report.within("p99 of good callers", samples.p99(), setting.bar(p99));
    report.exactly("slow ones sent away", closed, u64::from(slow));
    report.within("slow ones sent away after", longest, limit + GRACE);
    report.exactly("deaf ones sent away", sent_away, u64::from(deaf));
    report.exactly("silent ones sent away, by default", silent.closed, silent.connections);
    // Or else they did not take all places.
    report.at_least("refused beside them at first", silent.refused, 1);
    report.within("silent ones sent away after", silent.longest, SILENT + GRACE);
    report.within("good caller beside them answered after", silent.answered, SILENT + GRACE);
    report.share_at_most("KiB for each connection", each, EACH);
    report.at_most("most memory KiB", machine::memory(worker.pid()).1, MOST_MEMORY);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see("idle", idle);
    report.see("silent, by default", silent.connections);
    report.see("limit ms", u64::try_from(limit.as_millis())?);
    report.see_ms("steady p99", steady.p99());
    report.see("good calls", samples.count());
    report.see("some errors", samples.some_errors());
    Ok(report)
}

/// What a listener does by default with connections that take all of its places and say nothing.
struct Silent {
    connections: u64,
    closed: u64,
    longest: Duration,
    /// When a good caller was answered, since all places were taken.
    answered: Duration,
    /// How often it was not, before that.
    refused: u64,
}

/// Begins, so that their time passes beside that of the others.
async fn silent(setting: &Setting) -> Result<JoinHandle<Result<Silent>>> {
    // As many as there are by default; in a small run fewer, with the default of everything else.
    let (connections, options) = setting.pick((1_024, ""), (100, "?max_connections=100"));
    let worker = Plan::new(setting.over, "work", options)?.start().await?;
    let url = worker.address()?;
    let mut silent_ones = JoinSet::new();
    for _ in 0..connections {
        let (mut reader, writer) = Wire::connect(&url).await?.into_parts();
        silent_ones.spawn(async move {
            let began = Instant::now();
            // Some servers say why they close.
            let ended = async { while reader.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {} };
            let ended = tokio::time::timeout(SILENT * 3, ended).await;
            drop(writer);
            ended.ok().map(|()| began.elapsed())
        });
    }
    Ok(tokio::spawn(async move {
        let _worker = worker;
        let began = Instant::now();
        let mut refused = 0;
        // One that gives up, so that a listener which is full for good ends the test too.
        while began.elapsed() < SILENT * 3 && Wire::connect(&url).await?.ask(PING).await != Said::Reply {
            refused += 1;
            sleep(Duration::from_millis(250)).await;
        }
        let mut seen =
            Silent { connections, closed: 0, longest: Duration::ZERO, answered: began.elapsed(), refused };
        while let Some(one) = silent_ones.join_next().await {
            if let Some(after) = one? {
                seen.closed += 1;
                seen.longest = seen.longest.max(after);
            }
        }
        Ok(seen)
    }))
}

/// What a slow client has to say: of a head, or else of a body.
fn bytes(url: &Url, head: bool) -> (Vec<u8>, Vec<u8>) {
    let rest = b"x-slow: ".iter().copied().chain(std::iter::repeat_n(b'x', 1_000)).collect();
    match (url.scheme(), head) {
        ("http", true) => (b"POST /act HTTP/1.1\r\nhost: worker\r\n".to_vec(), rest),
        ("http", false) => {
            let head = "POST /act HTTP/1.1\r\nhost: worker\r\ncontent-length: 5000\r\n\r\n{";
            (head.as_bytes().to_vec(), vec![b' '; 1_000])
        }
        (_, true) => (Vec::new(), vec![b' '; 1_000]),
        (_, false) => (br#"{"id":"m/t","kind":"act","sync":true,"act":{"#.to_vec(), vec![b' '; 1_000]),
    }
}

/// When the connection was ended by the other side, if it was.
async fn dribble(
    wire: Wire,
    (first, rest): (Vec<u8>, Vec<u8>),
    tick: Duration,
    most: Duration,
) -> Option<Duration> {
    let began = Instant::now();
    let (mut reader, mut writer) = wire.into_parts();
    let ended = async {
        let writing = async {
            if writer.write_all(&first).await.is_err() {
                return;
            }
            for byte in rest {
                sleep(tick).await;
                if writer.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        };
        let reading = async {
            let mut buffer = [0; 1024];
            while reader.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        };
        tokio::select! {
            () = writing => {}
            () = reading => {}
        }
    };
    tokio::time::timeout(most, ended).await.ok().map(|()| began.elapsed())
}

/// Asks for more than the system keeps for it, and reads nothing; whether the other side ended that.
async fn never_read(wire: Wire, tick: Duration, most: Duration) -> bool {
    let question = wire.request(br#"{"fault":"give","bytes":20000}"#);
    let (_reader, mut writer) = wire.into_parts();
    let asking = async {
        for n in 0.. {
            if writer.write_all(&question).await.is_err() {
                return;
            }
            // Then now and then, to see whether it is still there.
            if n > 400 {
                sleep(tick).await;
            }
        }
    };
    tokio::time::timeout(most, asking).await.is_ok()
}
