//! A matcher: patterns with values, and which of them a message finds.
//!
//! This module is a library of its own and knows no bus.
//!
//! ```
//! use matchbus::pattern::Scalar;
//! use matchbus::router::Matcher;
//!
//! let mut matcher = Matcher::new();
//! matcher.add(&"role:cart".parse()?, "any");
//! matcher.add(&"role:cart,cmd:add".parse()?, "add");
//!
//! let message = [("cmd", Scalar::Str("add")), ("qty", Scalar::Int(2)), ("role", Scalar::Str("cart"))];
//! let found = matcher.find(&message).unwrap();
//! assert_eq!(*found.value(), "add");
//! assert_eq!(found.pattern().to_string(), "cmd:add,role:cart");
//! # Ok::<(), matchbus::pattern::PatternError>(())
//! ```
//!
//! # Precedence
//!
//! Of all patterns that fit a message, the first in this order wins, whatever was added first:
//!
//! 1. the one with the most keys: `{b,c}` before `{a}`, and everything before `{}`;
//! 2. the one with the higher rank (0 unless given, see [`Matcher::add_ranked`]);
//! 3. the one with more exact values, so fewer globs: `{b:1}` before `{a:*}`;
//! 4. the one whose list of keys is alphabetically first, by UTF-8 bytes: `{a,c}` before `{b,c}`;
//! 5. the one whose canonical text is first: `{a:*}` before `{a:x*}`. This decides only between patterns with
//!    the same keys and as many globs, and is there to have no undefined case.
//!
//! # Comparing as text
//!
//! With [`Compare::Text`] a matcher answers as npm's patrun documents itself (and not as it walks: patrun
//! lets fewer keys win at times). Values are compared as text, patterns with equal texts are the same
//! pattern, and after rule 2 come instead: the first list of keys, in JavaScript's order of UTF-16 units;
//! then, key by key, a text before a glob; then the pattern that was added first. The module [`patrun`] has
//! what else is needed to stand in for patrun.
//!
//! # What a find costs
//!
//! Hashing the message's keys and the values of those that some pattern names, a few words of bit logic, and
//! one or two probes of a table: nearly the same for ten patterns and for a million. Each distinct glob of a
//! key is tried on that key's value. Patterns with globs that have the same keys and exact values are tried
//! one by one. With more than 63 names, 1,024 combinations of keys (with the places of globs, and rank) or 15
//! keys in a pattern a find also costs a little for every combination that shares a pair with the message.
//! Nothing but memory limits the number of patterns, names, combinations, keys, and the length of values, up
//! to 16 GiB of patterns.
//!
//! Hashes only choose what to compare: every answer is compared in full, so no message can make two keys or
//! values look equal.

#![expect(
    clippy::inline_always,
    reason = "measured: the finders lose a tenth when parts of them become calls"
)]

mod below;
mod explain;
mod hash;
mod huge;
mod index;
mod matcher;
mod order;
pub mod patrun;
mod precedence;
mod slots;
mod store;

pub use crate::pattern::{Compare, Fields, JsonFields};
pub(crate) use below::Below;
pub use explain::{Difference, Explanation, Matched, NearMiss, Reason};
pub use matcher::{Found, Iter, Matcher};
pub(crate) use precedence::precedence;

impl Fields for crate::message::json::Scan<'_> {
    #[inline]
    fn len(&self) -> usize {
        crate::message::json::Scan::len(self)
    }

    #[inline]
    fn get(&self, i: usize) -> (&str, crate::pattern::Scalar<'_>) {
        (self.key(i), self.scalar(i))
    }

    #[inline(always)]
    fn name(&self, i: usize) -> &str {
        self.key(i)
    }

    #[inline(always)]
    fn text(&self, i: usize) -> Option<&str> {
        self.plain(i)
    }

    #[inline]
    fn scalar(&self, i: usize) -> crate::pattern::Scalar<'_> {
        crate::message::json::Scan::scalar(self, i)
    }

    #[inline(always)]
    fn print(&self, i: usize) -> Option<u32> {
        self.key_print(i)
    }
}
