//! Time: monotonic for deadlines, wall-clock only for the sortable part of message ids and the date of HTTP answers.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use tokio::time::Instant;

/// Now, on the monotonic clock; virtual where tokio's clock is paused.
pub fn now() -> Instant {
    Instant::now()
}

/// The longest time that anything may be given: a century of 365 days a year, which is as good as never.
const LONGEST: Duration = Duration::from_hours(24 * 365 * 100);

/// A time that was said, by a setting, a call, an attribute or a message from outside: at most a century. An instant cannot lie
/// as far ahead as [`Duration::MAX`], nor can that be doubled, so every time goes through here where it comes in, and what is
/// reckoned with times after that need not ask.
pub(crate) fn bounded(time: Duration) -> Duration {
    time.min(LONGEST)
}

/// Waits until `deadline`.
pub(crate) fn sleep_until(deadline: Instant) -> tokio::time::Sleep {
    tokio::time::sleep_until(deadline)
}

/// Waits for `duration`.
pub(crate) fn sleep(duration: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(duration)
}

/// What `future` gives, or `None` if it takes longer than `duration`.
pub(crate) async fn within<F: Future>(duration: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(duration, future).await.ok()
}

/// As [`within`], until a deadline if there is one.
#[cfg(feature = "http")]
pub(crate) async fn before<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

/// By how much the wall clock of this process is wrong, in milliseconds.
static SHIFT: AtomicI64 = AtomicI64::new(0);

/// Sets this process's wall clock wrong by so many milliseconds, for tests of processes whose clocks differ (rule R4).
///
/// Only ids, and the date of an HTTP answer, show it: a message carries how much time it has left, and never until when.
pub fn shift_wall(by_ms: i64) {
    SHIFT.store(by_ms, Ordering::Relaxed);
}

/// Milliseconds since 1970. Nothing is ever decided by it.
pub(crate) fn unix_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    now.saturating_add_signed(SHIFT.load(Ordering::Relaxed))
}
