//! When to connect again (rule R16).

use std::time::Duration;

use crate::seam::clock::{self, Instant};
use crate::seam::random;

const FIRST: Duration = Duration::from_millis(50);
/// R16 says 5 s at most; with three, and what the bus waits besides, all is well five seconds after a process came back.
const LONGEST: Duration = Duration::from_secs(3);

/// Full jitter: each wait is anything up to a bound, and the bound doubles.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    until: Option<Instant>,
    why: String,
}

impl Backoff {
    /// Connecting failed.
    pub(super) fn failed(&mut self, why: &str) {
        why.clone_into(&mut self.why);
        let bound = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        self.until = Some(clock::now() + Duration::from_nanos(random::next() % nanos));
    }

    /// Connecting succeeded.
    pub(super) fn succeeded(&mut self) {
        *self = Backoff::default();
    }

    /// What the last try ended with.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// How long not to try.
    pub(super) fn left(&self) -> Option<Duration> {
        self.until?.checked_duration_since(clock::now()).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_grow_up_to_the_longest_and_start_anew() {
        random::seed(1);
        let mut backoff = Backoff::default();
        assert!(backoff.left().is_none());
        let mut longest = Duration::ZERO;
        for attempt in 0..200 {
            backoff.failed("why");
            let left = backoff.left().unwrap_or_default();
            assert!(left <= FIRST * 2u32.pow(attempt.min(7)) && left <= LONGEST, "{attempt}: {left:?}");
            longest = longest.max(left);
        }
        assert!(longest > LONGEST / 2);
        tokio::time::advance(LONGEST).await;
        assert!(backoff.left().is_none());
        backoff.succeeded();
        backoff.failed("why");
        assert!(backoff.left().unwrap_or_default() <= FIRST);
    }
}
