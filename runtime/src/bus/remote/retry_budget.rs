use std::sync::{Mutex, PoisonError};

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
    pub(super) fn message(&self) {
        self.counts.messages.add();
        self.with(|now, _| now.messages += 1);
    }

    /// Takes a repeat out of the budget, if there is one left.
    pub(super) fn repeat(&self) -> bool {
        self.with(|now, sum| {
            // Ten a second are there also when there were no messages, and may be used at once: a process that dies takes
            // all that it has in hand with it.
            if sum.repeats >= sum.messages / 10 + 10 * 10 {
                self.counts.out_of_budget.add();
                return false;
            }
            now.repeats += 1;
            true
        })
    }

    fn with<T>(&self, run: impl FnOnce(&mut Second, Second) -> T) -> T {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let second = clock::now().saturating_duration_since(window.began).as_secs();
        let mut sum = Second::default();
        for (of, counts) in &window.seconds {
            if *of + 10 > second {
                sum.messages += counts.messages;
                sum.repeats += counts.repeats;
            }
        }
        let place = usize::try_from(second % 10).unwrap_or(0);
        let slot = &mut window.seconds[place];
        if slot.0 != second {
            *slot = (second, Second::default());
        }
        run(&mut slot.1, sum)
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
            budget.message();
        }
        assert_eq!(taken(1000), 100, "a tenth of a thousand more");
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(taken(1000), 100, "what was long ago does not count");
    }
}
