//! What the handlers of this process did.

use std::sync::atomic::{AtomicU64, Ordering};

use matchbus::prelude::*;
use matchbus_tests::faults::{GetStats, Stats};

#[derive(Default)]
pub(crate) struct Seen {
    started: AtomicU64,
    ended: AtomicU64,
    dropped: AtomicU64,
    late: AtomicU64,
    sent_ms: AtomicU64,
}

/// A handler at work.
pub(crate) struct Running {
    seen: State<Seen>,
    ended: bool,
}

impl Running {
    pub(crate) fn begin(seen: State<Seen>, meta: &Meta) -> Self {
        seen.started.fetch_add(1, Ordering::Relaxed);
        if meta.budget().is_some_and(|left| left.is_zero()) {
            seen.late.fetch_add(1, Ordering::Relaxed);
        }
        // A UUID of version 7 begins with the time at which it was made.
        let time: String = meta.id().to_string().chars().filter(char::is_ascii_hexdigit).take(12).collect();
        seen.sent_ms.store(u64::from_str_radix(&time, 16).unwrap_or(0), Ordering::Relaxed);
        Running { seen, ended: false }
    }

    pub(crate) fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let counter = if self.ended { &self.seen.ended } else { &self.seen.dropped };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[service(fault = "stats", effect(read))]
fn stats(_: GetStats, seen: State<Seen>, bus: Bus) -> Stats {
    Stats {
        // Ends before starts, so that there are never more of them.
        ended: seen.ended.load(Ordering::Relaxed),
        dropped: seen.dropped.load(Ordering::Relaxed),
        started: seen.started.load(Ordering::Relaxed),
        late: seen.late.load(Ordering::Relaxed),
        sent_ms: seen.sent_ms.load(Ordering::Relaxed),
        in_flight: bus.flows().in_flight().saturating_sub(1),
    }
}
