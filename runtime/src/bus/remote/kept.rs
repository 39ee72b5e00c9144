use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::latency::Latency;
use super::retry_budget::RetryBudget;
use crate::flow::Outgoing;

/// What is kept for each pattern that others answer: it outlives the table, for it must not be new after each thing
/// learnt.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Patterns>);

type Patterns = BTreeMap<String, (Arc<RetryBudget>, Arc<Latency>)>;

impl Kept {
    /// What is kept for this pattern.
    pub(super) fn of(&self, pattern: &str) -> (Arc<RetryBudget>, Arc<Latency>) {
        let mut all = self.all();
        let (budget, latency) = all.entry(pattern.to_owned()).or_default();
        (Arc::clone(budget), Arc::clone(latency))
    }

    /// How many messages went to other processes.
    pub(super) fn messages(&self) -> u64 {
        self.all().values().map(|(budget, _)| budget.counts.sum(|tally| &tally.messages)).sum()
    }

    /// What was counted of messages to other processes, by pattern.
    pub(super) fn outgoing(&self) -> Vec<Outgoing> {
        let all = self.all();
        let all = all.iter().map(|(pattern, (budget, _))| budget.counts.read(pattern));
        all.filter(|outgoing| outgoing.messages > 0).collect()
    }

    fn all(&self) -> MutexGuard<'_, Patterns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
