//! T12: input that is no message, beside good traffic (rules M7 and R19). Each piece is refused with its reason, and nobody
//! else sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use matchbus::transport::Url;
use matchbus_tests::faults::Ping;
use tokio::time::{Instant, sleep_until};

use crate::load::{End, load, percentile};
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

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let rate = setting.pick(1_000, 200);
    let time = Duration::from_secs(setting.pick(600, 3));
    let steady_time = Duration::from_secs(setting.pick(30, 2));
    let mut worker = Plan::new(setting.over, "work", "")?.start().await?;
    let bus = caller([worker.address()?]).await?;
    let good = |time| {
        load(rate, time, |n| {
            let bus = bus.clone();
            async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
        })
    };
    let steady = good(steady_time).await;
    let (before, _) = machine::memory(worker.pid());
    let counts = Arc::new(Counts::default());
    let corpus = Arc::new(Corpus::new());
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
    report.see("kinds", corpus.small.len() + corpus.large.len());
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
}

impl Corpus {
    fn new() -> Self {
        let ping = |n: &str| format!(r#"{{"fault":"ping","n":{n}}}"#).into_bytes();
        let beside = |rest: &[u8]| [br#"{"fault":"ping","n":1,"#, rest, b"}"].concat();
        let nested = |depth: usize| {
            let brackets = "[".repeat(depth) + &"]".repeat(depth);
            beside(format!(r#""x":{brackets}"#).as_bytes())
        };
        let keys = |count: usize| {
            let keys: Vec<String> = (0..count).map(|n| format!(r#""k{n}":0"#)).collect();
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
            ("NUL", ping("\u{0}")),
            ("NUL in a text", beside(b"\"x\":\"\0\"")),
            ("a comma too many", ping("1,")),
            ("a comment", ping("1/* one */")),
            ("two objects", br#"{"fault":"ping","n":1}{"fault":"ping","n":1}"#.to_vec()),
        ];
        let large = vec![
            ("20,000 keys", keys(20_000)),
            ("a key of 900 kB", beside(format!(r#""{}":0,"n":2"#, "k".repeat(900_000)).as_bytes())),
            ("2 MB", beside(format!(r#""x":"{}""#, "x".repeat(2_000_000)).as_bytes())),
            ("400,000 levels", nested(400_000)),
            ("a number of 500,000 digits", ping(&"9".repeat(500_000))),
        ];
        Corpus { small, large }
    }
}
