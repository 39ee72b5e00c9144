use super::mounted::Mounted;
use crate::list::List;
use crate::message::json::Scan;
use crate::pattern::Compare;
use crate::router::{Explanation, Fields, Matcher};

/// Which handlers answer which messages: the matcher, with handlers as values.
#[derive(Debug)]
pub(crate) struct Index {
    matcher: Matcher<u32>,
}

impl Index {
    /// Indexes these handlers. Of two with the equal pattern the later one stands before the earlier one and
    /// remembers it, so overriding handlers come last.
    pub(crate) fn build(
        compare: Compare,
        handlers: &mut [Mounted],
        which: impl ExactSizeIterator<Item = u32>,
    ) -> Self {
        let mut matcher = Matcher::with_compare(compare);
        matcher.reserve(which.len());
        for index in which {
            let handler = &mut handlers[index as usize];
            handler.replaced = matcher.add_ranked(&handler.pattern, handler.rank, index);
        }
        // The matcher makes its finder at the first find: here, and not with the first message.
        matcher.prepare();
        Index { matcher }
    }

    /// The handler that answers.
    #[inline]
    pub(crate) fn find(&self, message: &Scan<'_>) -> Option<u32> {
        self.matcher.find(message).map(|found| *found.value())
    }

    /// As [`find`](Index::find), compiled once: for messages whose typed form does not tell where they go.
    pub(crate) fn find_any(&self, message: &dyn Fields) -> Option<u32> {
        self.matcher.find_any(message).map(|found| *found.value())
    }

    /// All handlers that could answer, the one that does first; those that were replaced stand behind the one that
    /// replaced them.
    pub(crate) fn find_all(&self, message: &dyn Fields, handlers: &[Mounted]) -> Vec<u32> {
        with_replaced(self.matcher.find_all(&message).into_iter().map(|found| *found.value()), handlers)
    }

    /// The handlers that answer if their pattern wins: those that no other one replaced.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = u32> {
        self.matcher.iter().map(|found| *found.value())
    }

    /// Why a message goes where it goes.
    pub(crate) fn explain(&self, message: &dyn Fields) -> Explanation {
        self.matcher.explain(message)
    }
}

/// These handlers, each before the one that it replaced.
pub(super) fn with_replaced(firsts: impl Iterator<Item = u32>, handlers: &[Mounted]) -> Vec<u32> {
    let replaced = |index: &u32| handlers[*index as usize].replaced;
    firsts.flat_map(|first| std::iter::successors(Some(first), replaced)).list()
}
