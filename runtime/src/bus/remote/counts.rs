use std::sync::atomic::{AtomicU64, Ordering};

use crate::flow::Outgoing;
use crate::flow::shard::Sharded;

/// What is counted of the messages to one target: by each thread for itself, since a line of memory that two threads write
/// with each message costs them more than all the rest of counting.
#[derive(Debug, Default)]
pub(super) struct Counts(Sharded<Tally>);

/// What one thread has counted. Where one takes back what another one has counted, only the sum is right.
#[derive(Debug, Default)]
pub(super) struct Tally {
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
    /// One more.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// It was none.
    pub(super) fn take_back(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
    /// Where this thread counts.
    #[inline]
    pub(super) fn mine(&self) -> &Tally {
        self.0.mine()
    }

    /// How many there are of what `which` names.
    pub(super) fn sum(&self, which: fn(&Tally) -> &Count) -> u64 {
        let mut sum: u64 = 0;
        for one in self.0.all() {
            sum = sum.wrapping_add(which(one).0.load(Ordering::Relaxed));
        }
        sum
    }

    pub(super) fn read(&self, pattern: &str) -> Outgoing {
        Outgoing {
            pattern: pattern.to_owned(),
            // Attempts before messages: a message that comes meanwhile must not look as if it had none.
            attempts: self.sum(|tally| &tally.attempts),
            messages: self.sum(|tally| &tally.messages),
            hedges: self.sum(|tally| &tally.hedges),
            hedges_won: self.sum(|tally| &tally.hedges_won),
            out_of_budget: self.sum(|tally| &tally.out_of_budget),
            given_up: self.sum(|tally| &tally.given_up),
        }
    }
}
