//! A place in the order of precedence, and what comes after it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::precedence;
use crate::pattern::{Compare, Pattern, PatternError};

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
    /// Whether a handler with this pattern comes after the place (rules M3 and M6).
    pub(crate) fn is_above(&self, compare: Compare, pattern: &Pattern, rank: i32, overrides: bool) -> bool {
        if *pattern == self.pattern {
            // Whatever its rank: it is what was replaced.
            return self.overrides && !overrides;
        }
        precedence(compare, (&self.pattern, self.rank), (pattern, rank)) == Ordering::Less
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
