//! Keys given twice: found without allocation in small objects, by a seeded hash set in large ones.

use super::{
    malformed::{Fault, What},
    span::Span,
    string,
};
use crate::pattern::print;
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
    /// Takes in the `count`-th key, of so many bytes, if it is certain at first sight that it is new; gives its print. All
    /// others are for [`admit`](Self::admit).
    #[inline(always)]
    pub(super) fn quick(&mut self, (first, last): (u64, u64), len: usize, count: usize) -> Option<u32> {
        let print = print::of_words(first, last, len);
        let mark = mark(print);
        if self.marks & mark != 0 || count >= LINEAR {
            return None;
        }
        self.marks |= mark;
        Some(print)
    }

    /// Takes in the `count`-th key and gives its print; `earlier` is where the ones before it are, in two parts.
    #[cold]
    #[inline(never)]
    pub(super) fn admit(
        &mut self,
        text: &'a str,
        key: Span,
        escaped: bool,
        count: usize,
        earlier: (&[Span], &[Span]),
    ) -> Result<u32, Fault> {
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
            let print = print::of(&name);
            return if set.insert(name) { Ok(print) } else { twice };
        }
        let print = print::of(&name);
        let mark = mark(print);
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
        Ok(print)
    }
}

/// `$serde_j`, as a word: how the keys begin that `serde_json` keeps for itself.
pub(super) const RESERVED: u64 = u64::from_le_bytes(*b"$serde_j");

/// The bit for a key with this print.
#[inline(always)]
fn mark(print: u32) -> u64 {
    1 << (print >> 26)
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
            assert!(admit(&mut seen, &text, span, i, earlier).is_ok());
            assert_eq!(seen.set.as_ref().map(HashSet::len), (i >= LINEAR).then_some(i + 1));
        }
        for &span in &spans {
            assert!(admit(&mut seen, &text, span, spans.len(), &[]).is_err());
        }
    }

    fn admit<'a>(
        seen: &mut Seen<'a>,
        text: &'a str,
        span: Span,
        count: usize,
        earlier: &[Span],
    ) -> Result<u32, Fault> {
        let Ok(key) = string::key(text.as_bytes(), span.start as usize) else { panic!("no string") };
        match key.words.and_then(|words| seen.quick(words, span.len(), count)) {
            Some(print) => Ok(print),
            None => seen.admit(text, span, false, count, (earlier, &[])),
        }
    }

    #[test]
    fn a_print_depends_on_the_name_alone() {
        for len in 0..40 {
            let name: String = ('a'..='z').cycle().take(len).collect();
            for behind in ["\":1}", "\":\"and much more behind it\"}"] {
                let text = format!("{{\"{name}{behind}");
                let print = admit(&mut Seen::default(), &text, Span::new(2, 2 + len), 0, &[]);
                assert_eq!(print.ok(), Some(print::of(&name)), "{text}");
            }
        }
    }
}
