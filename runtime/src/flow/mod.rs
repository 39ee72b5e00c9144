//! Flows: how many messages of each pattern came and how they ended.
//!
//! Counting is on from the first message and costs one add when a message comes and one when it ends, on a line of
//! memory that only the counting thread writes.

pub(crate) mod shard;

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering, compiler_fence};
use std::time::Duration;

use serde::Serialize;

use crate::list::List;
use crate::sort::sort_by;

/// How one message ended, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Replied,
    Failed,
    NotDone,
    Unknown,
}

/// The counters of one flow that one thread writes: a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counters {
    started: AtomicU64,
    replied: AtomicU64,
    failed: AtomicU64,
    not_done: AtomicU64,
    unknown: AtomicU64,
    replayed: AtomicU64,
}

impl Counters {
    #[inline]
    fn of(&self, end: End) -> &AtomicU64 {
        match end {
            End::Replied => &self.replied,
            End::Failed => &self.failed,
            End::NotDone => &self.not_done,
            End::Unknown => &self.unknown,
        }
    }
}

/// All counters of a bus: a set, called shard, for each thread that counts, and one for all threads that are too many.
///
/// A thread adds to its own counters with a load and a store: the two atomic adds of a message cost a fourth of a typed
/// call (measured: 8 of 30 ns).
#[derive(Debug)]
pub(crate) struct Flows {
    flows: usize,
    shards: [OnceLock<Box<[Counters]>>; shard::OWNED + 1],
}

impl Flows {
    pub(crate) fn new(flows: usize) -> Self {
        Flows { flows, shards: [const { OnceLock::new() }; shard::OWNED + 1] }
    }

    /// The counters of this thread, and whether it shares them.
    #[inline]
    fn mine(&self, flow: u32) -> Mine<'_> {
        let shard = shard::of_this_thread();
        let counters = match self.shards[shard].get() {
            Some(counters) => counters,
            None => self.make(shard),
        };
        Mine { counters: &counters[flow as usize], shared: shard == shard::SHARED, marker: PhantomData }
    }

    #[cold]
    fn make(&self, shard: usize) -> &[Counters] {
        self.shards[shard].get_or_init(|| (0..self.flows).map(|_| Counters::default()).list().into())
    }

    /// Counts a message that comes. Whoever then looks whether the bus drains does so after the count: the processor
    /// may turn the two round, but not by more than [`SEEN_AFTER`].
    #[inline]
    pub(crate) fn start(&self, flow: u32) -> Mine<'_> {
        let mine = self.mine(flow);
        mine.add(&mine.counters.started);
        compiler_fence(Ordering::SeqCst);
        mine
    }

    /// Counts how a message ended that may have come on another thread.
    pub(crate) fn end(&self, flow: u32, end: End) {
        self.mine(flow).end(end);
    }

    /// Counts a message that is answered from memory; how it ends is counted besides.
    pub(crate) fn replayed(&self, flow: u32) {
        let mine = self.mine(flow);
        mine.add(&mine.counters.replayed);
    }

    /// The sums of one flow.
    pub(crate) fn read(&self, flow: u32) -> Counts {
        let mut counts = Counts::default();
        // Ends before starts: a message that ends meanwhile must not make more ends than starts.
        for counters in self.counters(flow) {
            counts.replied += counters.replied.load(Ordering::Relaxed);
            counts.failed += counters.failed.load(Ordering::Relaxed);
            counts.not_done += counters.not_done.load(Ordering::Relaxed);
            counts.unknown += counters.unknown.load(Ordering::Relaxed);
            counts.replayed += counters.replayed.load(Ordering::Relaxed);
        }
        for counters in self.counters(flow) {
            counts.started += counters.started.load(Ordering::Relaxed);
        }
        counts
    }

    /// How many messages came, over all flows.
    pub(crate) fn started(&self) -> u64 {
        let all = self.shards.iter().filter_map(OnceLock::get).flatten();
        all.map(|counters| counters.started.load(Ordering::Relaxed)).sum()
    }

    fn counters(&self, flow: u32) -> impl Iterator<Item = &Counters> {
        self.shards.iter().filter_map(OnceLock::get).map(move |shard| &shard[flow as usize])
    }
}

/// The counters of one flow that this thread writes. It stays on the thread.
#[derive(Debug)]
pub(crate) struct Mine<'a> {
    counters: &'a Counters,
    shared: bool,
    marker: PhantomData<*const ()>,
}

impl Mine<'_> {
    /// Counts how a message ended.
    #[inline]
    pub(crate) fn end(&self, end: End) {
        self.add(self.counters.of(end));
    }

    #[inline]
    fn add(&self, counter: &AtomicU64) {
        if self.shared {
            counter.fetch_add(1, Ordering::Relaxed);
        } else {
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }
}

/// After this time a count is seen by all threads. A store waits in its processor for well below a microsecond; a fence
/// on the way of every message, which the alternative needs, costs more than all the rest of counting.
pub(crate) const SEEN_AFTER: Duration = Duration::from_millis(1);

/// The counts of one flow since the bus started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Messages that came.
    pub started: u64,
    /// Ended with a reply.
    pub replied: u64,
    /// Ended with an error: the service's own or a panic.
    pub failed: u64,
    /// Ended before a handler ran.
    pub not_done: u64,
    /// Ended by a deadline or because the caller went away.
    pub unknown: u64,
    /// Of those that ended with a reply or an error, the repeats of a message that were answered as that was, without
    /// running the handler (rule R7).
    pub replayed: u64,
}

impl Counts {
    /// Messages that came and have not ended.
    pub fn in_flight(&self) -> u64 {
        self.started.saturating_sub(self.replied + self.failed + self.not_done + self.unknown)
    }

    pub(crate) fn add(&mut self, more: &Counts) {
        self.started += more.started;
        self.replied += more.replied;
        self.failed += more.failed;
        self.not_done += more.not_done;
        self.unknown += more.unknown;
        self.replayed += more.replayed;
    }

    fn all(&self) -> [u64; 5] {
        [self.started, self.replied, self.failed, self.not_done, self.unknown]
    }
}

/// One flow: the messages of one pattern that one handler was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Flow {
    /// The handler's pattern.
    pub pattern: String,
    /// The service it belongs to.
    pub service: String,
    /// The handler's name.
    pub handler: String,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The messages of one pattern that other processes answer, as this one sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outgoing {
    /// The pattern, as the catalogues of the others have it.
    pub pattern: String,
    /// Messages.
    pub messages: u64,
    /// Copies of them that were sent: one for each message, and the repeats and hedges (rule R5).
    pub attempts: u64,
    /// Of the attempts those that were sent before another one had failed, since that was slow (rule R6).
    pub hedges: u64,
    /// Of the hedges those that answered first.
    pub hedges_won: u64,
    /// Repeats and hedges that the retry budget did not allow.
    pub out_of_budget: u64,
    /// Of the attempts those whose answer nobody waited for: the caller went away, or the time was up. What came later was
    /// dropped (rule R10).
    pub given_up: u64,
}

/// All flows of a bus at one moment, sorted by pattern. Its `Display` is a table for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The flows, sorted by pattern, then handler.
    pub flows: Vec<Flow>,
    /// Messages that no handler answers.
    pub unrouted: u64,
    /// Messages that other processes answer, sorted by pattern.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outgoing: Vec<Outgoing>,
}

impl Snapshot {
    pub(crate) fn new(mut flows: Vec<Flow>, unrouted: u64, outgoing: Vec<Outgoing>) -> Self {
        sort_by(&mut flows, |a, b| {
            (&a.pattern, &a.service, &a.handler).cmp(&(&b.pattern, &b.service, &b.handler))
        });
        Snapshot { flows, unrouted, outgoing }
    }

    /// The counts of one pattern, summed over its handlers.
    pub fn of(&self, pattern: &str) -> Counts {
        let mut sum = Counts::default();
        for flow in self.flows.iter().filter(|flow| flow.pattern == pattern) {
            sum.add(&flow.counts);
        }
        sum
    }

    /// The counts of messages to other processes of one pattern.
    pub fn to(&self, pattern: &str) -> Outgoing {
        let found = self.outgoing.iter().find(|outgoing| outgoing.pattern == pattern);
        found.cloned().unwrap_or_else(|| Outgoing { pattern: pattern.to_owned(), ..Outgoing::default() })
    }

    /// Messages in flight over all flows.
    pub fn in_flight(&self) -> u64 {
        self.flows.iter().map(|flow| flow.counts.in_flight()).sum()
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |longest: Option<usize>, least: usize| longest.unwrap_or(0).max(least);
        let pattern =
            width(self.flows.iter().map(|flow| flow.pattern.chars().count()).max(), "(no handler)".len());
        let handler = width(self.flows.iter().map(|flow| flow.name().chars().count()).max(), "handler".len());
        // Most programs have none.
        let replayed = self.flows.iter().any(|flow| flow.counts.replayed > 0);
        writeln!(
            f,
            "{:pattern$}  {:handler$}  total     ok  failed  not done  unknown{}",
            "pattern",
            "handler",
            if replayed { "  replayed" } else { "" }
        )?;
        for flow in &self.flows {
            // A table is read for what is there.
            let text = |n: u64| if n == 0 { "-".to_owned() } else { n.to_string() };
            let [total, replied, failed, not_done, unknown] = flow.counts.all().map(text);
            let name = flow.name();
            write!(f, "{:pattern$}  {name:handler$}  {total:>5}  {replied:>5}", flow.pattern)?;
            write!(f, "  {failed:>6}  {not_done:>8}  {unknown:>7}")?;
            if replayed {
                write!(f, "  {:>8}", text(flow.counts.replayed))?;
            }
            writeln!(f)?;
        }
        if self.unrouted > 0 {
            writeln!(f, "{:pattern$}  {:handler$}  {:>5}", "(no handler)", "", self.unrouted)?;
        }
        Ok(())
    }
}

impl Flow {
    fn name(&self) -> String {
        format!("{}::{}", self.service, self.handler)
    }
}
