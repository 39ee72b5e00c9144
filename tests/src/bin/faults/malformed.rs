//! T12: input that is no message, or is in no frame, beside good traffic (rules M7 and R19). Each piece is refused with its reason,
//! and nobody else sees it.

mod corpus;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use corpus::{Corpus, Piece};
use matchbus::transport::Url;
use matchbus_tests::faults::Ping;
use tokio::time::{Instant, sleep_until};

use crate::load::{End, load, paced, percentile};
use crate::report::Report;
use crate::wire::{Said, Wire};
use crate::worker::{Plan, caller};
use crate::{Result, Setting, machine};

const SENDERS: u32 = 4;
/// No piece of input, small or large, may keep the worker for longer.
const HANG: Duration = Duration::from_millis(50);
/// The same where a debug build, which takes a tenth of a second to read a megabyte of brackets or keys, has a part of the machine.
/// What hangs does so for ever, or for as long as a time-out; those here are ten seconds.
const LOADED: Duration = Duration::from_secs(1);
/// What a piece may take in memory at its peak, in its own sizes.
const MEMORY: u64 = 4;
/// Large pieces are one in so many: a thousand of them a second would be a load of another kind.
const LARGE: u64 = 50;
/// Those that are no frame of the transport are one in so many.
const FRAMES: u64 = 10;
/// Memory is counted in pages, and grows by some at a time: only of a piece of this size is its part of it known.
const LARGE_ENOUGH: usize = 256 * 1024;

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let time = Duration::from_secs(setting.pick(600, 3));
    let steady_time = Duration::from_secs(setting.pick(30, 2));
    let corpus = Arc::new(Corpus::new(setting.over));
    let mut heard = Heard::default();
    each_large(&setting, &corpus, &mut heard, &mut report).await?;

    let mut worker = Plan::new(setting.over, "work", "")?.start().await?;
    // Whatever the rate is, each is asked once.
    for piece in corpus.all() {
        heard.ask_alone(piece, &worker.address()?).await?;
    }
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
    for sender in senders {
        heard.join(sender.await??);
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
    heard.report(&setting, &mut report);
    // Each sender has one piece on its way, and it may be the largest.
    let largest = corpus.all().map(|piece| piece.bytes.len() as u64).max().unwrap_or(0);
    report.at_most(
        "more memory KiB",
        most.saturating_sub(before),
        MEMORY * u64::from(SENDERS) * largest / 1024,
    );
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see("cut off", counts.cut.load(Ordering::Relaxed));
    report.see("memory KiB before and after", vec![before, after]);
    report.see("good calls", samples.count());
    report.see_ms("steady p99", steady.p99());
    report.see("some errors", samples.some_errors());
    Ok(report)
}

/// Each large piece goes alone to a process of its own: what an earlier one took stays with the allocator, and hides what a later
/// one takes.
async fn each_large(
    setting: &Setting,
    corpus: &Corpus,
    heard: &mut Heard,
    report: &mut Report,
) -> Result<()> {
    let (mut over, mut seen) = (0, BTreeMap::new());
    for piece in corpus.all().filter(|piece| piece.bytes.len() >= LARGE_ENOUGH) {
        let worker = Plan::new(setting.over, "work", "")?.start().await?;
        let url = worker.address()?;
        // What a process takes once, for its first connections and messages, is not this piece's.
        for _ in 0..SENDERS {
            Wire::connect(&url).await?.ask(br#"{"fault":"ping","n":1}"#).await;
        }
        let (_, before) = machine::memory(worker.pid());
        heard.ask_alone(piece, &url).await?;
        let (_, most) = machine::memory(worker.pid());
        let (took, size) = ((most - before) * 1024, piece.bytes.len() as u64);
        over += u64::from(took > MEMORY * size);
        seen.insert(piece.name, ratio(took, size));
    }
    report.at_least("large pieces whose memory was looked at", seen.len() as u64, 5);
    report.at_most("large pieces that took more than 4 times their size", over, 0);
    report.see("memory in sizes of the piece", serde_json::to_value(seen)?);
    Ok(())
}

/// In hundredths.
#[allow(clippy::cast_precision_loss)] // Sizes in memory.
fn ratio(part: u64, of: u64) -> f64 {
    (part * 100 / of.max(1)) as f64 / 100.0
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    cut: AtomicU64,
}

/// What was answered.
#[derive(Default)]
struct Heard {
    /// How long each answer took.
    times: Vec<(Duration, &'static str)>,
    /// Pieces that were not refused as they should be, and what was said.
    otherwise: Vec<String>,
}

impl Heard {
    fn note(&mut self, piece: &Piece, said: &Said, took: Duration) {
        self.times.push((took, piece.name));
        if !matches!(said, Said::Refused(code) if code == piece.code) {
            self.otherwise.push(format!("{}: {said:?}", piece.name));
        }
    }

    /// Over a connection of its own.
    async fn ask_alone(&mut self, piece: &Piece, url: &Url) -> Result<()> {
        let mut wire = Wire::connect(url).await?;
        let sent = Instant::now();
        let said = wire.say(piece).await;
        self.note(piece, &said, sent.elapsed());
        Ok(())
    }

    fn join(&mut self, other: Heard) {
        self.times.extend(other.times);
        self.otherwise.extend(other.otherwise);
    }

    fn report(mut self, setting: &Setting, report: &mut Report) {
        report.at_most("not refused with their own reason", self.otherwise.len() as u64, 0);
        self.times.sort_unstable();
        let (longest, of) = self.times.last().copied().unwrap_or_default();
        report.within("longest refusal", longest, setting.pick(HANG, LOADED));
        report.see("longest refusal was of", of);
        report
            .see_ms("p99 of refusals", percentile(self.times.iter().map(|(took, _)| *took).collect(), 0.99));
        self.otherwise.truncate(3);
        report.see("some refused otherwise", self.otherwise);
    }
}

struct Sender {
    url: Option<Url>,
    corpus: Arc<Corpus>,
    counts: Arc<Counts>,
    first: u64,
}

impl Sender {
    async fn run(self, rate: u32, time: Duration) -> Result<Heard> {
        let url = self.url.ok_or("the worker has no address")?;
        let began = Instant::now();
        let mut heard = Heard::default();
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
                let piece = &frames[usize::try_from(n / FRAMES)? % frames.len()];
                heard.ask_alone(piece, &url).await?;
                continue;
            }
            let pieces = if large { &self.corpus.large } else { &self.corpus.small };
            let piece = &pieces[usize::try_from(n / if large { LARGE } else { 1 })? % pieces.len()];
            let sent = Instant::now();
            let said = wire.say(piece).await;
            heard.note(piece, &said, sent.elapsed());
            if large || said == Said::Nothing {
                // What is too large may not be read to its end.
                wire = Wire::connect(&url).await?;
            }
        }
        Ok(heard)
    }
}

impl Wire {
    async fn say(&mut self, piece: &Piece) -> Said {
        if piece.is_frame { self.exchange(&piece.bytes).await } else { self.ask(&piece.bytes).await }
    }
}
