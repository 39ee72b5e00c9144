//! What a handler hands on by `Prior`: who would have answered without it, here or in another process (rule M6).

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::core::Core;
use super::envelope::Envelope;
use super::mounted::Mounted;
use super::origin::Origin;
use super::remote::Target as Elsewhere;
use crate::message::{Error, ErrorKind, Outcome};
use crate::pattern::Compare;
use crate::router::{Below, Fields};

/// Reads the place that a head says.
///
/// # Errors
///
/// It cannot be read, so it is not known who may be asked.
pub(crate) fn read_below(text: &str) -> Result<Below, Error> {
    text.parse().map_err(|cause| {
        let text = format!(
            "the message is to be answered below `{text}`, which this process cannot read: {cause}; both processes \
             need versions of matchbus that know each other's patterns"
        );
        Error::new(ErrorKind::Invalid, Outcome::NotDone, text)
    })
}

impl Core {
    /// The origin of a message that this handler hands on to whom there is elsewhere.
    #[cold]
    pub(super) fn origin_below(&self, origin: &Origin, current: u32) -> Origin {
        origin.change(|rare| rare.below = Some(Arc::new(place_of(self.handler(current)))))
    }

    /// The handler here that is handed what `current` hands on; `None` also where another process has a better one.
    pub(super) fn next_after(&self, current: u32, message: &dyn Fields) -> Option<u32> {
        let all = self.services.find_all(message, &self.handlers);
        let found = match all.iter().position(|index| *index == current) {
            Some(at) => all.get(at + 1).copied(),
            // It was changed, and is none of the handler's own messages any more.
            None => self.first_below(all, self.settings.compare, &place_of(self.handler(current))),
        };
        found.filter(|found| {
            !self.may_be_handed_past(*found) || !self.is_handed_past(current, *found, message)
        })
    }

    /// Whether what is handed on to this handler might go past it, to another process.
    pub(super) fn may_be_handed_past(&self, found: u32) -> bool {
        !self.remote.is_empty() && (self.skips_local || self.handler(found).rivals.load(Relaxed))
    }

    fn is_handed_past(&self, current: u32, found: u32, message: &dyn Fields) -> bool {
        let below = place_of(self.handler(current));
        let elsewhere = self.remote.find_below(message, &below);
        elsewhere.is_some_and(|(target, past)| past || target.wins_over(self.handler(found)))
    }

    /// The handler here that answers a message from outside, of those that come after a place. `all` are those that could.
    pub(super) fn first_below(&self, all: Vec<u32>, compare: Compare, below: &Below) -> Option<u32> {
        all.into_iter().find(|index| is_above(below, compare, self.handler(*index)))
    }

    /// Who answers a message in another process.
    pub(super) fn find_away(&self, message: &dyn Fields, envelope: &Envelope<'_>) -> Option<Arc<Elsewhere>> {
        match envelope.below() {
            None => self.remote.find(message),
            Some(below) => self.remote.find_below(message, below).map(|(target, _)| target),
        }
    }
}

pub(super) fn place_of(handler: &Mounted) -> Below {
    Below { pattern: handler.pattern.clone(), rank: handler.rank, overrides: handler.overrides() }
}

/// Whether the handler comes after the place.
fn is_above(below: &Below, compare: Compare, handler: &Mounted) -> bool {
    below.is_above(compare, &handler.pattern, handler.rank, handler.overrides())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_read_is_told() {
        let error = read_below("rank(1) a").unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotDone);
        assert!(error.text().contains("below `rank(1) a`"), "{error}");
    }
}
