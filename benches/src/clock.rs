//! Processor time of a thread, which leaves out what other programs take.

use std::time::Instant;

/// The time this thread has run, in nanoseconds; wall-clock time where Linux's `/proc` is not there.
pub fn thread_ns() -> u64 {
    // The kernel brings the figure up to date when the thread gives way.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or_else(|| {
        use std::sync::LazyLock;
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Nanoseconds of processor time of one call of `f`.
pub fn time<R>(f: impl FnOnce() -> R) -> (f64, R) {
    let start = thread_ns();
    let result = f();
    ((thread_ns() - start) as f64, result)
}
