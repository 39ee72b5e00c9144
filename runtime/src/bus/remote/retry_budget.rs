use std::sync::{Mutex, MutexGuard, PoisonError};

use super::counts::Counts;
use crate::seam::clock::{self, Instant};

/// How many repeats there may be to one target: a tenth of the messages of the last ten seconds, and ten a second
/// (rule R5). When it is used up, the last outcome is final: repeats must not double the load on what is overloaded.
#[derive(Debug)]
pub(super) struct RetryBudget {
    window: Mutex<Window>,
    pub(super) counts: Counts,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    /// For each of the last ten seconds: messages and repeats.
    seconds: [(u64, Second); 10],
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    messages: u32,
    repeats: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        let seconds = [(0, Second::default()); 10];
        RetryBudget { window: Mutex::new(Window { began: clock::now(), seconds }), counts: Counts::default() }
    }
}

impl RetryBudget {
    /// Counts a message.
    pub(super) fn message(&self, now: Instant) {
        self.counts.messages.add();
        self.window().second(now).messages += 1;
    }

    /// Takes a repeat out of the budget, if there is one left.
    pub(super) fn repeat(&self) -> bool {
        let (mut window, now) = (self.window(), clock::now());
        let sum = window.sum(now);
        // Ten a second are there also when there were no messages, and may be used at once: a process that dies takes
        // all that it has in hand with it.
        if sum.repeats >= sum.messages / 10 + 10 * 10 {
            self.counts.out_of_budget.add();
            return false;
        }
        window.second(now).repeats += 1;
        true
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn age(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs()
    }

    /// The counts of this second.
    fn second(&mut self, now: Instant) -> &mut Second {
        let second = self.age(now);
        let place = usize::try_from(second % 10).unwrap_or(0);
        let slot = &mut self.seconds[place];
        if slot.0 != second {
            *slot = (second, Second::default());
        }
        &mut slot.1
    }

    /// The counts of the last ten seconds.
    fn sum(&self, now: Instant) -> Second {
        let second = self.age(now);
        let mut sum = Second::default();
        for (of, counts) in &self.seconds {
            if *of + 10 > second {
                sum.messages += counts.messages;
                sum.repeats += counts.repeats;
            }
        }
        sum
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
