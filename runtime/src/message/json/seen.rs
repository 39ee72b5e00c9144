//! Keys given twice: found without allocation in small objects, by a seeded hash set in large ones.

use super::{
    malformed::{Fault, What},
    span::Span,
    string,
};
use std::{borrow::Cow, collections::HashSet};

/// From how many keys on an object gets a hash set: comparing each with each would let a sender buy quadratic time.
pub(super) const LINEAR: usize = 24;

/// What is known about the keys of one object.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// One bit for each key's mark. A bit that is not set yet proves a key new, which it is in most cases.
    marks: u64,
    /// Some key has escapes, so that equal keys may be written differently.
    escaped: bool,
    set: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Seen<'a> {
    /// Takes in the `count`-th key; `earlier` is where the ones before it are, in two parts.
    #[inline(always)]
    pub(super) fn admit(
        &mut self,
        text: &'a str,
        key: Span,
        escaped: bool,
        count: usize,
        earlier: (&[Span], &[Span]),
    ) -> Result<(), Fault> {
        let bytes = text.as_bytes();
        let (start, len) = (key.start as usize, key.len());
        if !escaped && let Some(word) = string::word(bytes, start) {
            let (first, last) = if len >= 8 {
                (word, string::word(bytes, start + len - 8).unwrap_or(0))
            } else {
                (word & !(u64::MAX << (8 * len)), 0)
            };
            let mark = mark(first, last, len);
            if self.marks & mark == 0 && count < LINEAR && first != RESERVED {
                self.marks |= mark;
                return Ok(());
            }
        }
        self.admit_slowly(text, key, escaped, count, earlier)
    }

    #[cold]
    #[inline(never)]
    fn admit_slowly(
        &mut self,
        text: &'a str,
        key: Span,
        escaped: bool,
        count: usize,
        earlier: (&[Span], &[Span]),
    ) -> Result<(), Fault> {
        let read = |span: &Span| {
            if span.of(text).contains('\\') {
                Cow::Owned(string::unescape(span.quoted(text)))
            } else {
                Cow::Borrowed(span.of(text))
            }
        };
        let name = if escaped { read(&key) } else { Cow::Borrowed(key.of(text)) };
        let twice = Err(Fault::new(What::DuplicateKey, key.start as usize - 1));
        if name.starts_with("$serde_json::private::") {
            return Err(Fault::new(What::ReservedKey, key.start as usize - 1));
        }
        let mut before = earlier.0.iter().chain(earlier.1);
        if count >= LINEAR {
            let set = self.set.get_or_insert_with(|| before.map(read).collect());
            return if set.insert(name) { Ok(()) } else { twice };
        }
        let mark = mark_of(&name);
        if self.marks & mark != 0 {
            let found = if escaped || self.escaped {
                before.any(|other| read(other) == name)
            } else {
                before.any(|other| other.len() == key.len() && other.of(text) == name)
            };
            if found {
                return twice;
            }
        }
        self.marks |= mark;
        self.escaped |= escaped;
        Ok(())
    }
}

/// `$serde_j`, as a word: how the keys begin that `serde_json` keeps for itself.
const RESERVED: u64 = u64::from_le_bytes(*b"$serde_j");

/// The bit for a key with these first and last eight bytes.
#[inline(always)]
fn mark(first: u64, last: u64, len: usize) -> u64 {
    let mixed = (first ^ last.rotate_left(29)).wrapping_add(len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    1 << (mixed >> 58)
}

fn mark_of(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match (string::word(bytes, 0), bytes.len()) {
        (Some(first), len) => mark(first, string::word(bytes, len - 8).unwrap_or(0), len),
        (None, len) => {
            let mut word = [0; 8];
            word[..len].copy_from_slice(bytes);
            mark(u64::from_le_bytes(word), 0, len)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// The guard against quadratic time, by structure: from key [`LINEAR`] on the earlier keys are never looked at
    /// again (they are not even given here), only the set.
    #[test]
    fn a_large_object_is_left_to_the_set() {
        let mut text = String::from("{");
        let spans: Vec<Span> = (0..10_000)
            .map(|i| {
                text.push('"');
                let start = text.len();
                // Equal marks, as a sender would choose them.
                write!(text, "eight {i:06} behind").unwrap();
                let span = Span::new(start, text.len());
                text.push_str("\":1,");
                span
            })
            .collect();
        let mut seen = Seen::default();
        for (i, &span) in spans.iter().enumerate() {
            let earlier = if i <= LINEAR { &spans[..i] } else { &[] };
            assert!(seen.admit(&text, span, false, i, (earlier, &[])).is_ok());
            assert_eq!(seen.set.as_ref().map(HashSet::len), (i >= LINEAR).then_some(i + 1));
        }
        for &span in &spans {
            assert!(seen.admit(&text, span, false, spans.len(), (&[], &[])).is_err());
        }
    }

    #[test]
    fn a_mark_depends_on_the_name_alone() {
        for len in 0..40 {
            let name: String = ('a'..='z').cycle().take(len).collect();
            for behind in ["\":1}", "\":\"and much more behind it\"}"] {
                let text = format!("{{\"{name}{behind}");
                let mut seen = Seen::default();
                assert!(seen.admit(&text, Span::new(2, 2 + len), false, 0, (&[], &[])).is_ok());
                assert_eq!(seen.marks, mark_of(&name), "{text}");
            }
        }
    }
}
