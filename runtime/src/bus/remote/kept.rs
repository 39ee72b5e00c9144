use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::latency::Latency;
use super::retry_budget::RetryBudget;
use crate::by_name::ByName;
use crate::flow::Outgoing;
use crate::list::List;

/// What is kept for each pattern that others answer: it outlives the table, for it must not be new after each thing
/// learnt. A process that is away for a moment has no catalogue meanwhile, so patterns to which messages went outlive it too.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    patterns: Patterns,
    /// How many messages went to patterns that are forgotten.
    forgotten: u64,
}

/// Of so many patterns that nobody answers any more what was learnt is kept.
const MOST_UNANSWERED: usize = 1_000;

type Patterns = ByName<(Arc<RetryBudget>, Arc<Latency>)>;

impl Kept {
    /// What is kept for this pattern.
    pub(super) fn of(&self, pattern: &str) -> (Arc<RetryBudget>, Arc<Latency>) {
        let mut all = self.all();
        let (budget, latency) = all.patterns.entry(pattern.to_owned());
        (Arc::clone(budget), Arc::clone(latency))
    }

    /// How many messages went to other processes.
    pub(super) fn messages(&self) -> u64 {
        let all = self.all();
        all.forgotten + all.patterns.iter().map(|(_, (budget, _))| messages(budget)).sum::<u64>()
    }

    /// Forgets patterns that no table has any more: those to which nothing went, or all if they are too many, since what
    /// others say that they answer has no bound over time.
    pub(super) fn forget_unanswered(&self) {
        let mut all = self.all();
        let unanswered = |budget: &Arc<RetryBudget>| Arc::strong_count(budget) == 1;
        let (mut used, mut unused) = (0, 0);
        for (_, (budget, _)) in all.patterns.iter().filter(|(_, (budget, _))| unanswered(budget)) {
            *(if messages(budget) > 0 { &mut used } else { &mut unused }) += 1;
        }
        let too_many = used > MOST_UNANSWERED;
        if unused == 0 && !too_many {
            return;
        }
        for (pattern, kept) in std::mem::take(&mut all.patterns).into_iter() {
            let messages = messages(&kept.0);
            if unanswered(&kept.0) && (too_many || messages == 0) {
                all.forgotten += messages;
            } else {
                *all.patterns.entry(pattern) = kept;
            }
        }
    }

    /// What was counted of messages to other processes, by pattern.
    pub(super) fn outgoing(&self) -> Vec<Outgoing> {
        let all = self.all();
        let all = all.patterns.iter().map(|(pattern, (budget, _))| budget.counts.read(pattern));
        all.filter(|outgoing| outgoing.messages > 0).list()
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn messages(budget: &RetryBudget) -> u64 {
    budget.counts.sum(|tally| &tally.messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(kept: &Kept) -> Vec<String> {
        kept.all().patterns.iter().map(|(pattern, _)| pattern.clone()).collect()
    }

    #[test]
    fn patterns_that_nobody_answers_are_forgotten_unless_messages_went_there() {
        let kept = Kept::default();
        let answered = kept.of("a:1");
        kept.of("b:1").0.counts.mine().messages.add();
        for n in 0..100 {
            kept.of(&format!("c:{n}"));
        }
        kept.forget_unanswered();
        assert_eq!(patterns(&kept), ["a:1", "b:1"]);
        assert!(Arc::ptr_eq(&kept.of("a:1").1, &answered.1), "what is known of an answered pattern is new");
        assert_eq!(kept.messages(), 1);
    }

    #[test]
    fn they_have_a_bound_and_their_messages_are_still_counted() {
        let kept = Kept::default();
        let _answered = kept.of("a:1");
        for n in 0..=MOST_UNANSWERED {
            kept.of(&format!("b:{n}")).0.counts.mine().messages.add();
        }
        kept.forget_unanswered();
        assert_eq!(patterns(&kept), ["a:1"]);
        assert_eq!(kept.messages(), MOST_UNANSWERED as u64 + 1);
    }
}
