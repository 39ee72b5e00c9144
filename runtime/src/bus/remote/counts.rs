use std::sync::atomic::{AtomicU64, Ordering};

use crate::flow::Outgoing;

/// What is counted of the messages to one target.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) messages: Count,
    pub(super) attempts: Count,
    pub(super) hedges: Count,
    pub(super) hedges_won: Count,
    pub(super) out_of_budget: Count,
    pub(super) given_up: Count,
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// One more; how many there were before.
    pub(super) fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// It was none.
    pub(super) fn take_back(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts one when it is dropped, unless it is told that there is nothing to count.
#[derive(Debug)]
pub(super) struct Unless<'a>(Option<&'a Count>);

impl<'a> Unless<'a> {
    pub(super) fn new(count: &'a Count) -> Self {
        Unless(Some(count))
    }

    pub(super) fn nothing(mut self) {
        self.0 = None;
    }
}

impl Drop for Unless<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.0 {
            count.add();
        }
    }
}

impl Counts {
    pub(super) fn read(&self, pattern: &str) -> Outgoing {
        Outgoing {
            pattern: pattern.to_owned(),
            // Attempts before messages: a message that comes meanwhile must not look as if it had none.
            attempts: self.attempts.get(),
            messages: self.messages.get(),
            hedges: self.hedges.get(),
            hedges_won: self.hedges_won.get(),
            out_of_budget: self.out_of_budget.get(),
            given_up: self.given_up.get(),
        }
    }
}
