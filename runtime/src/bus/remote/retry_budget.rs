use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::counts::Counts;
use crate::seam::clock::{self, Instant};

/// How many repeats there may be to one target: a tenth of the messages of the last ten seconds, and ten a second
/// (rule R5). When it is used up, the last outcome is final: repeats must not double the load on what is overloaded.
#[derive(Debug)]
pub(super) struct RetryBudget {
    pub(super) counts: Counts,
    began: Instant,
    /// The last second that the window has: only the first message of a second takes the lock.
    newest: AtomicU64,
    window: Mutex<Window>,
}

/// The last ten seconds in which there was something.
#[derive(Debug, Default)]
struct Window([Second; 10]);

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Which one it is, from 1.
    number: u64,
    /// How many messages there had been when it began.
    before: u64,
    repeats: u64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        RetryBudget {
            counts: Counts::default(),
            began: clock::now(),
            newest: AtomicU64::new(0),
            window: Mutex::default(),
        }
    }
}

impl RetryBudget {
    /// Counts a message.
    pub(super) fn message(&self, now: Instant) {
        let second = self.second(now);
        if self.newest.load(Ordering::Relaxed) < second {
            self.begin(second);
        }
        self.counts.mine().messages.add();
    }

    #[cold]
    fn begin(&self, second: u64) {
        self.window().second(second, self.messages());
        self.newest.fetch_max(second, Ordering::Relaxed);
    }

    /// Takes a repeat out of the budget, if there is one left.
    pub(super) fn repeat(&self) -> bool {
        let (second, messages) = (self.second(clock::now()), self.messages());
        let mut window = self.window();
        let (before, repeats) = window.last_ten(second).unwrap_or((messages, 0));
        // Ten a second are there also when there were no messages, and may be used at once: a process that dies takes
        // all that it has in hand with it.
        if repeats >= messages.saturating_sub(before) / 10 + 10 * 10 {
            self.counts.mine().out_of_budget.add();
            return false;
        }
        window.second(second, messages).repeats += 1;
        true
    }

    fn messages(&self) -> u64 {
        self.counts.sum(|tally| &tally.messages)
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs() + 1
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// This second, which is new if it was not there yet.
    fn second(&mut self, number: u64, before: u64) -> &mut Second {
        let slot = &mut self.0[usize::try_from(number % 10).unwrap_or(0)];
        if slot.number != number {
            *slot = Second { number, before, repeats: 0 };
        }
        slot
    }

    /// How many messages there had been before the last ten seconds, and how many repeats in them; `None` if there was
    /// nothing.
    fn last_ten(&self, now: u64) -> Option<(u64, u64)> {
        let seconds = self.0.iter().filter(|second| second.number > 0 && second.number + 10 > now);
        let before = seconds.clone().map(|second| second.before).min()?;
        Some((before, seconds.map(|second| second.repeats).sum()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_a_second_and_a_tenth_of_the_messages() {
        let budget = RetryBudget::default();
        let taken = |n: usize| (0..n).filter(|_| budget.repeat()).count();
        assert_eq!(taken(1000), 100, "without messages");
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..1000 {
            budget.message(clock::now());
        }
        assert_eq!(taken(1000), 100, "a tenth of a thousand more");
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(taken(1000), 100, "what was long ago does not count");
    }
}
