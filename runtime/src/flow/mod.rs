//! Flows: how many messages of each pattern came and how they ended.
//!
//! Counting is on from the first message and costs one atomic add when a message comes and one when it ends,
//! on a line of memory that only the counting thread writes.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::Serialize;

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
}

impl Counters {
    fn of(&self, end: End) -> &AtomicU64 {
        match end {
            End::Replied => &self.replied,
            End::Failed => &self.failed,
            End::NotDone => &self.not_done,
            End::Unknown => &self.unknown,
        }
    }
}

/// All counters of a bus, one set for each of a few shards: threads spread over the shards, so that two threads
/// that count the same flow do not fight for one line.
#[derive(Debug)]
pub(crate) struct Flows {
    shards: Box<[Box<[Counters]>]>,
}

impl Flows {
    pub(crate) fn new(flows: usize) -> Self {
        let shards = std::thread::available_parallelism().map_or(1, usize::from).next_power_of_two().min(16);
        Flows { shards: (0..shards).map(|_| (0..flows).map(|_| Counters::default()).collect()).collect() }
    }

    #[inline]
    fn counters(&self, flow: u32) -> &Counters {
        &self.shards[shard() & (self.shards.len() - 1)][flow as usize]
    }

    #[inline]
    pub(crate) fn start(&self, flow: u32) {
        self.counters(flow).started.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn end(&self, flow: u32, end: End) {
        self.counters(flow).of(end).fetch_add(1, Ordering::Relaxed);
    }

    /// The sums of one flow.
    pub(crate) fn read(&self, flow: u32) -> Counts {
        let mut counts = Counts::default();
        // Ends before starts: a message that ends meanwhile must not make more ends than starts.
        for shard in &self.shards {
            let counters = &shard[flow as usize];
            counts.replied += counters.replied.load(Ordering::Relaxed);
            counts.failed += counters.failed.load(Ordering::Relaxed);
            counts.not_done += counters.not_done.load(Ordering::Relaxed);
            counts.unknown += counters.unknown.load(Ordering::Relaxed);
        }
        for shard in &self.shards {
            counts.started += shard[flow as usize].started.load(Ordering::Relaxed);
        }
        counts
    }
}

/// The shard of this thread.
#[inline]
fn shard() -> usize {
    thread_local! {
        static SHARD: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    SHARD.with(|shard| {
        if shard.get() == usize::MAX {
            shard.set(NEXT.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        shard.get()
    })
}

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
}

impl Counts {
    /// Messages that came and have not ended.
    pub fn in_flight(&self) -> u64 {
        self.started.saturating_sub(self.replied + self.failed + self.not_done + self.unknown)
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

/// All flows of a bus at one moment, sorted by pattern. Its `Display` is a table for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The flows, sorted by pattern, then handler.
    pub flows: Vec<Flow>,
    /// Messages that no handler answers.
    pub unrouted: u64,
}

impl Snapshot {
    pub(crate) fn new(mut flows: Vec<Flow>, unrouted: u64) -> Self {
        flows.sort_by(|a, b| (&a.pattern, &a.service, &a.handler).cmp(&(&b.pattern, &b.service, &b.handler)));
        Snapshot { flows, unrouted }
    }

    /// The counts of one pattern, summed over its handlers.
    pub fn of(&self, pattern: &str) -> Counts {
        let mut sum = Counts::default();
        for flow in self.flows.iter().filter(|flow| flow.pattern == pattern) {
            sum.started += flow.counts.started;
            sum.replied += flow.counts.replied;
            sum.failed += flow.counts.failed;
            sum.not_done += flow.counts.not_done;
            sum.unknown += flow.counts.unknown;
        }
        sum
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
        writeln!(
            f,
            "{:pattern$}  {:handler$}  total     ok  failed  not done  unknown",
            "pattern", "handler"
        )?;
        for flow in &self.flows {
            // A table is read for what is there.
            let [total, replied, failed, not_done, unknown] = flow.counts.all().map(|n| match n {
                0 => "-".to_owned(),
                n => n.to_string(),
            });
            let name = flow.name();
            write!(f, "{:pattern$}  {name:handler$}  {total:>5}  {replied:>5}", flow.pattern)?;
            writeln!(f, "  {failed:>6}  {not_done:>8}  {unknown:>7}")?;
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
