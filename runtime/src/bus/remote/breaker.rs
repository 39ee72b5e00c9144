use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::seam::clock::{self, Instant};
use crate::seam::random;

/// Keeps messages from a process that does not answer, and lets one through now and then to see.
///
/// Five failures in a row open it, for a time that doubles from 50 ms to 5 s with each probe that fails; the time is
/// drawn at random up to that (full jitter), so that many callers do not probe together.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Whether there was a failure since the last answer: while there was none, nobody takes the lock.
    troubled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Until then nothing goes through; after it one message, the probe, does.
    open_until: Option<Instant>,
    probing: bool,
}

const FAILURES: u32 = 5;
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

impl Breaker {
    /// Whether a message may go through now.
    pub(super) fn lets_through(&self) -> bool {
        if !self.is_troubled() {
            return true;
        }
        let mut state = self.state();
        match state.open_until {
            None => true,
            Some(until) if clock::now() < until || state.probing => false,
            Some(_) => {
                state.probing = true;
                true
            }
        }
    }

    /// Whether a message would go through, without taking the probe's place.
    pub(super) fn is_closed(&self) -> bool {
        !self.is_troubled() || self.state().open_until.is_none()
    }

    /// The other side answered, whatever it said.
    pub(super) fn answered(&self) {
        if self.is_troubled() {
            let mut state = self.state();
            *state = State::default();
            self.troubled.store(false, Ordering::Release);
        }
    }

    /// The other side did not answer.
    pub(super) fn failed(&self) {
        let mut state = self.state();
        self.troubled.store(true, Ordering::Release);
        state.failures = state.failures.saturating_add(1);
        state.probing = false;
        if state.failures >= FAILURES {
            let doubled = FIRST.saturating_mul(1 << (state.failures - FAILURES).min(7)).min(LONGEST);
            state.open_until = Some(clock::now() + jitter(doubled));
        }
    }

    /// The message never went: the probe's place is free again.
    pub(super) fn gave_up(&self) {
        if self.is_troubled() {
            self.state().probing = false;
        }
    }

    fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Acquire)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Anything from nothing to `most`.
pub(super) fn jitter(most: Duration) -> Duration {
    let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random::next() % nanos.saturating_add(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_failures_open_it_and_one_answer_closes_it() {
        let breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed();
        }
        assert!(breaker.lets_through());
        breaker.failed();
        // Jitter may be zero, so the clock is moved instead of asking at once.
        tokio::time::advance(FIRST).await;
        assert!(breaker.lets_through(), "the probe");
        assert!(!breaker.lets_through(), "one probe at a time");
        breaker.failed();
        tokio::time::advance(LONGEST).await;
        assert!(breaker.lets_through());
        breaker.answered();
        assert!(breaker.lets_through() && breaker.is_closed());
    }
}
