//! T12: input that is no message, or is in no frame, beside good traffic (rules M7 and R19). Each piece is refused with its reason,
//! and nobody else sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use matchbus::transport::Url;
use matchbus_tests::faults::Ping;
use tokio::time::{Instant, sleep_until};

use crate::load::{End, load, paced, percentile};
use crate::report::Report;
use crate::wire::{Said, Wire};
use crate::worker::{Plan, caller};
use crate::{Result, Setting, machine};

const SENDERS: u32 = 4;
/// No piece of input may keep the worker for longer.
const HANG: Duration = Duration::from_millis(50);
const MORE_MEMORY: u64 = 64 * 1024;
/// Large pieces are one in so many: a thousand of them a second would be a load of another kind.
const LARGE: u64 = 50;
/// Those that are no frame of the transport are one in so many.
const FRAMES: u64 = 10;

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let time = Duration::from_secs(setting.pick(600, 3));
    let steady_time = Duration::from_secs(setting.pick(30, 2));
    let mut worker = Plan::new(setting.over, "work", "")?.start().await?;
    let bus = caller([worker.address()?]).await?;
    let ping = |n| {
        let bus = bus.clone();
        async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
    };
    let rate = paced(&setting, 1_000, 200, ping).await;
    let good = |time| load(rate, time, ping);
    let steady = good(steady_time).await;
    let (before, _) = machine::memory(worker.pid());
    let counts = Arc::new(Counts::default());
    let corpus = Arc::new(Corpus::new(setting.over));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let sender = Sender {
                url: worker.address().ok(),
                corpus: Arc::clone(&corpus),
                counts: Arc::clone(&counts),
                first: u64::from(sender),
            };
            tokio::spawn(sender.run(rate / SENDERS, time))
        })
        .collect();
    let samples = good(time).await;
    let (mut times, mut unrefused) = (Vec::new(), Vec::new());
    for sender in senders {
        let (took, wrong) = sender.await??;
        times.extend(took);
        unrefused.extend(wrong);
    }
    let (after, most) = machine::memory(worker.pid());
    let p99 = 2 * steady.p99();
    report.at_most("errors of good callers", steady.errors() + samples.errors(), 0);
    report.within("p99 of good callers", samples.p99(), setting.bar(p99));
    report.at_least(
        "malformed pieces",
        counts.sent.load(Ordering::Relaxed),
        u64::from(rate) * time.as_secs() / 2,
    );
    report.at_most("not refused with a reason", unrefused.len() as u64, 0);
    report.within("p99 of refusals", percentile(times.clone(), 0.99), setting.bar(HANG));
    report.at_most("more memory KiB", most.saturating_sub(before), MORE_MEMORY);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see("cut off", counts.cut.load(Ordering::Relaxed));
    report.see("kinds", corpus.small.len() + corpus.large.len() + corpus.frames.len());
    report.see("memory KiB before and after", vec![before, after]);
    report.see("good calls", samples.count());
    report.see_ms("steady p99", steady.p99());
    report.see_ms("longest refusal", percentile(times, 1.0));
    report.see("some errors", samples.some_errors());
    unrefused.truncate(3);
    report.see("some not refused", unrefused);
    Ok(report)
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    cut: AtomicU64,
}

struct Sender {
    url: Option<Url>,
    corpus: Arc<Corpus>,
    counts: Arc<Counts>,
    first: u64,
}

impl Sender {
    /// The times of small pieces, and what was not refused.
    async fn run(self, rate: u32, time: Duration) -> Result<(Vec<Duration>, Vec<String>)> {
        let url = self.url.ok_or("the worker has no address")?;
        let began = Instant::now();
        let (mut times, mut unrefused) = (Vec::new(), Vec::new());
        let mut wire = Wire::connect(&url).await?;
        for n in 0_u32.. {
            let due = began + Duration::from_secs(1) * n / rate;
            if due >= began + time {
                break;
            }
            sleep_until(due).await;
            let n = u64::from(n) * u64::from(SENDERS) + self.first;
            self.counts.sent.fetch_add(1, Ordering::Relaxed);
            if n % LARGE == LARGE / 2 {
                // The connection ends in the middle of a message.
                Wire::connect(&url).await?.cut(br#"{"fault":"ping","n":1}"#).await;
                self.counts.cut.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let large = n.is_multiple_of(LARGE);
            if n % FRAMES == 1 {
                let frames = &self.corpus.frames;
                let (name, frame) = &frames[usize::try_from(n / FRAMES)? % frames.len()];
                let mut wire = Wire::connect(&url).await?;
                let said = wire.exchange(frame).await;
                if !matches!(said, Said::Refused(_)) {
                    unrefused.push(format!("{name}: {said:?}"));
                }
                continue;
            }
            let pieces = if large { &self.corpus.large } else { &self.corpus.small };
            let (name, piece) = &pieces[usize::try_from(n / if large { LARGE } else { 1 })? % pieces.len()];
            let sent = Instant::now();
            let said = wire.ask(piece).await;
            if !matches!(said, Said::Refused(_)) {
                unrefused.push(format!("{name}: {said:?}"));
            }
            if large || said == Said::Nothing {
                // What is too large may not be read to its end.
                wire = Wire::connect(&url).await?;
            } else {
                times.push(sent.elapsed());
            }
        }
        Ok((times, unrefused))
    }
}

/// Pieces that are no message for `Ping`, by name.
struct Corpus {
    small: Vec<(&'static str, Vec<u8>)>,
    large: Vec<(&'static str, Vec<u8>)>,
    /// All the bytes of what is no frame of the transport, each for a connection of its own.
    frames: Vec<(&'static str, Vec<u8>)>,
}

impl Corpus {
    fn new(over: &str) -> Self {
        let ping = |n: &str| format!(r#"{{"fault":"ping","n":{n}}}"#).into_bytes();
        let beside = |rest: &[u8]| [br#"{"fault":"ping","n":1,"#, rest, b"}"].concat();
        let nested = |depth: usize| {
            let brackets = "[".repeat(depth) + &"]".repeat(depth);
            beside(format!(r#""x":{brackets}"#).as_bytes())
        };
        let keys = |count: usize| {
            let keys: Vec<String> = (0..count).map(|n| format!(r#""{n:x}":0"#)).collect();
            beside(keys.join(",").as_bytes())
        };
        let small = vec![
            ("no JSON", b"nonsense".to_vec()),
            ("half of an object", br#"{"fault":"ping","n":"#.to_vec()),
            ("a list", b"[]".to_vec()),
            ("a text", br#""text""#.to_vec()),
            ("a number", b"5".to_vec()),
            ("null", b"null".to_vec()),
            ("bad UTF-8", beside(b"\"x\":\"\xff\xfe\"")),
            ("an overlong form", beside(b"\"x\":\"\xc0\xaf\"")),
            ("half of a surrogate", beside(br#""x":"\ud800""#)),
            ("a key twice", ping("1,\"n\":2")),
            ("a key twice deep inside", beside(br#""x":{"y":{"a":1,"a":2}}"#)),
            ("the routing key twice", br#"{"fault":"ping","fault":"block","n":1}"#.to_vec()),
            ("65 levels", nested(65)),
            ("10,000 levels", nested(10_000)),
            ("a huge number", ping("1e999")),
            ("a number that is no u64", ping("-1")),
            ("a number with a fraction", ping("1.5")),
            ("NaN", ping("NaN")),
            ("infinity", ping("-Infinity")),
            ("a number with a leading zero", ping("01")),
            ("text for a number", ping("\"1\"")),
            ("null for a number", ping("null")),
            ("an object for a number", ping("{}")),
            ("a list for a number", ping("[1]")),
            ("nothing for a number", br#"{"fault":"ping"}"#.to_vec()),
            ("a byte order mark", [b"\xef\xbb\xbf", &*ping("1")].concat()),
            ("NUL", ping("\u{0}")),
            ("NUL in a text", beside(b"\"x\":\"\0\"")),
            ("a comma too many", ping("1,")),
            ("a comment", ping("1/* one */")),
            ("two objects", br#"{"fault":"ping","n":1}{"fault":"ping","n":1}"#.to_vec()),
        ];
        let large = vec![
            ("100,000 keys", keys(100_000)),
            ("a key of 1 MB", beside(format!(r#""{}":0,"n":2"#, "k".repeat(1_000_000)).as_bytes())),
            ("2 MB", beside(format!(r#""x":"{}""#, "x".repeat(2_000_000)).as_bytes())),
            ("400,000 levels", nested(400_000)),
            ("a number of 500,000 digits", ping(&"9".repeat(500_000))),
        ];
        Corpus { small, large, frames: if over == "http" { no_http() } else { no_lines() } }
    }
}

/// What is no request of HTTP, or none that is known.
fn no_http() -> Vec<(&'static str, Vec<u8>)> {
    let post = |head: &str, body: &str| {
        format!("POST /act HTTP/1.1\r\nhost: worker\r\n{head}\r\n{body}").into_bytes()
    };
    vec![
        ("no request line", b"nonsense\r\n\r\n".to_vec()),
        ("bytes", b"\x00\x01\xff\xfe\r\n\r\n".to_vec()),
        ("another version", b"POST /act HTTP/9.9\r\nhost: worker\r\n\r\n".to_vec()),
        ("another method", b"DELETE /act HTTP/1.1\r\nhost: worker\r\n\r\n".to_vec()),
        (
            "another path",
            b"POST /etc/passwd HTTP/1.1\r\nhost: worker\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
        ),
        ("a head of 1 MB", post(&format!("x: {}\r\n", "x".repeat(1_000_000)), "")),
        ("1,000 heads", post(&"x: y\r\n".repeat(1_000), "")),
        ("a negative length", post("content-length: -5\r\n", "")),
        ("two lengths", post("content-length: 2\r\ncontent-length: 3\r\n", "{}")),
        ("a length of 10^18", post("content-length: 1000000000000000000\r\n", "{}")),
        ("a chunk of no size", post("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n")),
        ("no body", post("", "")),
    ]
}

/// What is no line of Seneca's TCP transport.
fn no_lines() -> Vec<(&'static str, Vec<u8>)> {
    let line = |line: &str| format!("{line}\n").into_bytes();
    vec![
        ("no JSON", line("nonsense")),
        ("bytes", b"\x00\x01\xff\xfe\n".to_vec()),
        ("a list", line("[1,2]")),
        ("a number", line("7")),
        ("no message", line(r#"{"id":"m/t","kind":"act","sync":true}"#)),
        ("a message that is a number", line(r#"{"id":"m/t","kind":"act","sync":true,"act":5}"#)),
        (
            "an id twice",
            line(r#"{"id":"m/t","id":"n/t","kind":"act","sync":true,"act":{"fault":"ping","n":1}}"#),
        ),
        ("a request of HTTP", b"POST /act HTTP/1.1\r\n".to_vec()),
        ("a line of 2 MB", line(&"x".repeat(2_000_000))),
        (
            "a frame of 20,000 keys",
            line(&format!("{{{}}}", (0..20_000).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(","))),
        ),
    ]
}
