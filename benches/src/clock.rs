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

/// Processor time of all threads of this program, and the time they were ready to run while others ran, both in
/// nanoseconds; zeros where Linux's `/proc` is not there. The threads must be at rest, or the figures lag.
pub fn process_ns() -> (u64, u64) {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return (0, 0) };
    let mut sums = (0, 0);
    for thread in threads.flatten() {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let mut figures = text.split_whitespace().map_while(|figure| figure.parse::<u64>().ok());
        sums.0 += figures.next().unwrap_or(0);
        sums.1 += figures.next().unwrap_or(0);
    }
    sums
}

/// Seconds of processor time, user's and system's, of all programs that this one has started and waited for.
pub fn children_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold anything; after it come `state` (field 3) and, from field 16, the children's.
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(13).take(2);
    // The kernel shows this time in hundredths of a second whatever its own tick is.
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
