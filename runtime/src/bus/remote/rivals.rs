//! A handler here and a more special one elsewhere: more keys win, wherever they are (rule M3).

use std::cmp::Reverse;
use std::sync::atomic::Ordering::Relaxed;

use super::target::Target;
use crate::bus::{Core, Mounted};
use crate::pattern::{Compare, Pattern, Value};
use crate::router::Fields;

/// What decides between a pattern here and one elsewhere: more keys, then the higher rank, then more exact values. Less
/// comes first; of equals the one that is here wins.
pub(super) type Order = (Reverse<usize>, i32, Reverse<usize>);

pub(super) fn order(pattern: &Pattern, rank: i32) -> Order {
    (Reverse(pattern.len()), rank, Reverse(pattern.exact()))
}

/// Never wins: a route decides who is asked elsewhere, and nothing of the handlers here.
pub(super) const LAST: Order = (Reverse(0), i32::MIN, Reverse(0));

/// Whether `a` wins over `b`.
fn beats(a: Order, b: Order) -> bool {
    (a.0, Reverse(a.1), a.2) < (b.0, Reverse(b.1), b.2)
}

impl Core {
    /// Notes at each handler whether it has a rival, so that a message to one that has none costs nothing more.
    pub(super) fn mark_rivals(&self) {
        let elsewhere = self.remote.answered();
        for handler in &self.handlers {
            let any = elsewhere
                .iter()
                .any(|(pattern, _, target)| target.wins_over(handler) && can_meet(pattern, &handler.pattern));
            handler.rivals.store(any, Relaxed);
        }
    }

    /// Whether another process answers this message by a pattern that wins over that of the handler found here.
    #[inline]
    pub(crate) fn is_outranked<F: Fields + ?Sized>(&self, handler: u32, message: &F) -> bool {
        self.handler(handler).rivals.load(Relaxed) && self.is_outranked_by_any(handler, &message)
    }

    #[cold]
    fn is_outranked_by_any(&self, handler: u32, message: &dyn Fields) -> bool {
        let handler = self.handler(handler);
        let found = self.remote.find(message);
        found.is_some_and(|target| target.wins_over(handler))
    }
}

impl Target {
    /// Whether a message that both answer goes there and not to the handler here.
    pub(crate) fn wins_over(&self, handler: &Mounted) -> bool {
        if self.overrides != handler.overrides() && self.pattern == *handler.text {
            // The other one is replaced, wherever it is (rule M6).
            return self.overrides;
        }
        beats(self.order, order(&handler.pattern, handler.rank))
    }
}

/// Whether some message can match both patterns.
fn can_meet(a: &Pattern, b: &Pattern) -> bool {
    a.iter().all(|(name, value)| b.get(name).is_none_or(|other| can_be_both(value, other)))
}

fn can_be_both(a: &Value, b: &Value) -> bool {
    match (a.as_ref().scalar(), b.as_ref().scalar()) {
        (Some(a), _) => b.fits(Compare::Typed, a),
        (None, Some(b)) => a.fits(Compare::Typed, b),
        // Two globs may share a text; that they do not costs a look-up and nothing else.
        (None, None) => true,
    }
}
