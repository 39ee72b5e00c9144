//! What a handler hands on by `Prior`: who would have answered without it, here or in another process (rule M6).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::core::Core;
use super::envelope::Envelope;
use super::mounted::Mounted;
use super::origin::Origin;
use super::remote::Target as Elsewhere;
use crate::message::{Error, ErrorKind, Outcome};
use crate::pattern::{Compare, Pattern, PatternError};
use crate::router::{Fields, precedence};

/// A place in the order of all handlers: that of a handler, which need not be in this process. Only what comes after it
/// is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Below {
    pub(crate) pattern: Pattern,
    pub(crate) rank: i32,
    /// The handler stands before those with the equal pattern, and not among them.
    pub(crate) overrides: bool,
}

impl Below {
    pub(super) fn of(handler: &Mounted) -> Self {
        Below { pattern: handler.pattern.clone(), rank: handler.rank, overrides: handler.overrides() }
    }

    /// Whether a handler with this pattern comes after the place (rules M3 and M6).
    pub(crate) fn is_above(&self, compare: Compare, pattern: &Pattern, rank: i32, overrides: bool) -> bool {
        if *pattern == self.pattern {
            // Whatever its rank: it is what was replaced.
            return self.overrides && !overrides;
        }
        precedence(compare, (&self.pattern, self.rank), (pattern, rank)) == Ordering::Less
    }

    fn is_above_handler(&self, compare: Compare, handler: &Mounted) -> bool {
        self.is_above(compare, &handler.pattern, handler.rank, handler.overrides())
    }

    /// Reads what a head says.
    ///
    /// # Errors
    ///
    /// It cannot be read, so it is not known who may be asked.
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        text.parse().map_err(|cause| {
            let text = format!(
                "the message is to be answered below `{text}`, which this process cannot read: {cause}; both processes \
                 need versions of matchbus that know each other's patterns"
            );
            Error::new(ErrorKind::Invalid, Outcome::NotDone, text)
        })
    }
}

const OVERRIDES: &str = "overrides ";
const RANK: (&str, &str) = ("rank(", ") ");

/// As in a handler's attribute: `overrides rank(2) cmd:add,role:cart`. No pattern begins so, since a name with a space is
/// quoted.
impl fmt::Display for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.overrides {
            f.write_str(OVERRIDES)?;
        }
        if self.rank != 0 {
            write!(f, "{}{}{}", RANK.0, self.rank, RANK.1)?;
        }
        write!(f, "{}", self.pattern)
    }
}

impl FromStr for Below {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (overrides, rest) = match text.strip_prefix(OVERRIDES) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let ranked = rest.strip_prefix(RANK.0).and_then(|rest| rest.split_once(RANK.1));
        let ranked = ranked.and_then(|(rank, rest)| Some((rank.parse().ok()?, rest)));
        let (rank, rest) = ranked.unwrap_or((0, rest));
        Ok(Below { pattern: rest.parse()?, rank, overrides })
    }
}

impl Core {
    /// The origin of a message that this handler hands on to whom there is elsewhere.
    #[cold]
    pub(super) fn origin_below(&self, origin: &Origin, current: u32) -> Origin {
        origin.change(|rare| rare.below = Some(Arc::new(Below::of(self.handler(current)))))
    }

    /// The handler here that is handed what `current` hands on; `None` also where another process has a better one.
    pub(super) fn next_after(&self, current: u32, message: &dyn Fields) -> Option<u32> {
        let all = self.services.find_all(message, &self.handlers);
        let found = match all.iter().position(|index| *index == current) {
            Some(at) => all.get(at + 1).copied(),
            // It was changed, and is none of the handler's own messages any more.
            None => self.first_below(all, self.settings.compare, &Below::of(self.handler(current))),
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
        let below = Below::of(self.handler(current));
        let elsewhere = self.remote.find_below(message, &below);
        elsewhere.is_some_and(|(target, past)| past || target.wins_over(self.handler(found)))
    }

    /// The handler here that answers a message from outside, of those that come after a place. `all` are those that could.
    pub(super) fn first_below(&self, all: Vec<u32>, compare: Compare, below: &Below) -> Option<u32> {
        all.into_iter().find(|index| below.is_above_handler(compare, self.handler(*index)))
    }

    /// Who answers a message in another process.
    pub(super) fn find_away(&self, message: &dyn Fields, envelope: &Envelope<'_>) -> Option<Arc<Elsewhere>> {
        match envelope.below() {
            None => self.remote.find(message),
            Some(below) => self.remote.find_below(message, below).map(|(target, _)| target),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(text: &str) -> Below {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_comes_back_as_it_was() {
        for text in [
            "",
            "overrides ",
            "cmd:add,role:cart",
            "rank(-2) cmd:add",
            "overrides rank(7) cmd:~\"a *\"",
            "\"overrides a\":1",
            "overrides:true",
            "rank(1):x",
            "overrides rank(x):1",
        ] {
            assert_eq!(below(text).to_string(), text);
        }
        assert_eq!(below("overrides rank(7) a:1"), Below { overrides: true, rank: 7, ..below("a:1") });
        let error = Below::read("rank(1) a").unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotDone);
        assert!(error.text().contains("below `rank(1) a`"), "{error}");
    }

    #[test]
    fn what_comes_after_a_place_is_as_rule_m3_says() {
        let is_above = |place: &str, other: &str| {
            let Below { pattern, rank, overrides } = below(other);
            below(place).is_above(Compare::Typed, &pattern, rank, overrides)
        };
        for (first, then) in [
            ("a:1,b:1", "a:1"),
            ("a:1", ""),
            ("rank(1) b:1", "a:1"),
            ("a:1", "rank(-1) a:x"),
            ("b:1", "a:*"),
            ("a:1", "b:1"),
            ("a:1,c:1", "b:1,c:1"),
            // What was replaced, whatever its rank.
            ("overrides a:1", "a:1"),
            ("overrides a:1", "rank(3) a:1"),
            ("overrides a:1", "overrides b:1"),
        ] {
            assert!(is_above(first, then), "{first} | {then}");
            assert!(!is_above(then, first), "{then} | {first}");
        }
        for same in ["a:1", "overrides a:1", "rank(1) a:1"] {
            assert!(!is_above(same, same), "{same}");
        }
    }
}
