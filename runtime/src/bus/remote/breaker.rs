use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::seam::clock::{self, Instant};
use crate::seam::random;

/// Keeps messages from a process that does not answer, and lets one through now and then to see.
///
/// Five failures in a row open it, or one that leaves no doubt, for a time that doubles from 50 ms to 1 s with each probe
/// that fails; the time is drawn at random up to that (full jitter), so that many callers do not probe together. It is no
/// longer, since the link rests by itself while it cannot connect, and both waits come one after the other.
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
const LONGEST: Duration = Duration::from_secs(1);

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
    pub(super) fn would_let_through(&self) -> bool {
        if !self.is_troubled() {
            return true;
        }
        let state = self.state();
        state.open_until.is_none_or(|until| clock::now() >= until && !state.probing)
    }

    /// The other side answered, whatever it said.
    pub(super) fn answered(&self) {
        if self.is_troubled() {
            let mut state = self.state();
            *state = State::default();
            self.troubled.store(false, Ordering::Release);
        }
    }

    /// The other side did not answer; whether that opened it.
    pub(super) fn failed(&self) -> bool {
        self.open_after(1)
    }

    /// The other side is certainly not there.
    pub(super) fn away(&self) {
        let _ = self.open_after(FAILURES);
    }

    fn open_after(&self, failures: u32) -> bool {
        let (mut state, now) = (self.state(), clock::now());
        if state.open_until.is_some_and(|until| now < until) && !state.probing {
            // What was on its way when it opened says nothing new.
            return false;
        }
        self.troubled.store(true, Ordering::Release);
        state.failures = state.failures.saturating_add(1).max(failures);
        state.probing = false;
        if state.failures < FAILURES {
            return false;
        }
        let doubled = FIRST.saturating_mul(1 << (state.failures - FAILURES).min(7)).min(LONGEST);
        state.open_until = Some(now + jitter(doubled));
        true
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
        assert!(breaker.lets_through() && breaker.would_let_through());
    }
    #[tokio::test(start_paused = true)]
    async fn one_failure_without_doubt_opens_it_and_those_on_their_way_add_nothing() {
        random::seed(7);
        let breaker = Breaker::default();
        for _ in 0..100 {
            breaker.away();
        }
        assert!(!breaker.would_let_through() && !breaker.lets_through());
        tokio::time::advance(FIRST).await;
        assert!(
            breaker.would_let_through() && breaker.lets_through(),
            "the probe comes after the first wait"
        );
        assert!(!breaker.would_let_through());
    }
}
