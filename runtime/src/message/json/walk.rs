//! The pass itself: RFC 8259's grammar with the limits of rule M7.

use super::{
    limits::Limits,
    malformed::{Fault, What},
    number,
    seen::{LINEAR, Seen},
    span::{Kind, Span},
    string,
};

/// What an object's keys and values are reported to.
pub(super) trait Sink<'a> {
    /// A key whose text (without quotes) is at `at`; refuses the second of two equal ones. `more` is the walk's.
    fn key(&mut self, text: &'a str, more: &mut Vec<Span>, at: Span, key: &string::Key) -> Result<(), Fault>;
    /// The value of the last key.
    fn value(&mut self, at: Span, kind: Kind);
}

/// The state of one pass.
pub(super) struct Walk<'a> {
    text: &'a str,
    keys_left: usize,
    max_depth: usize,
    /// Keys of the open nested objects beyond those that their frames hold; allocated once, used as a stack.
    more: Vec<Span>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, limits: &Limits) -> Self {
        Walk { text, keys_left: limits.max_keys(), max_depth: limits.max_depth(), more: Vec::new() }
    }

    /// Goes over the whole text, which must be one object.
    #[inline]
    pub(super) fn message<S: Sink<'a>>(&mut self, sink: &mut S) -> Result<(), Fault> {
        let bytes = self.text.as_bytes();
        let at = space(bytes, 0);
        if bytes.get(at) != Some(&b'{') {
            return Err(not_an_object(bytes, at));
        }
        if self.max_depth == 0 {
            return Err(Fault::new(What::TooDeep, at));
        }
        let end = self.object(at + 1, 1, sink)?;
        let end = space(bytes, end);
        if end != bytes.len() {
            return Err(Fault::new(What::TrailingBytes, end));
        }
        Ok(())
    }

    /// The object whose brace is just before `i`; returns the place behind it.
    #[inline(always)]
    fn object<S: Sink<'a>>(&mut self, i: usize, depth: usize, sink: &mut S) -> Result<usize, Fault> {
        // Kept here: behind `self` it would have to be read again after each step.
        let text = self.text;
        let bytes = text.as_bytes();
        let mut i = space(bytes, i);
        match bytes.get(i) {
            Some(b'"') => {}
            Some(b'}') => return Ok(i + 1),
            _ => return Err(unexpected(bytes, i, What::KeyExpected)),
        }
        loop {
            let start = i + 1;
            let key = string::key(bytes, start)?;
            if self.keys_left == 0 {
                return Err(Fault::new(What::TooManyKeys, i));
            }
            self.keys_left -= 1;
            sink.key(text, &mut self.more, Span::new(start, key.end), &key)?;
            i = key.end + 1;
            if bytes.get(i) != Some(&b':') {
                i = space(bytes, i);
                if bytes.get(i) != Some(&b':') {
                    return Err(unexpected(bytes, i, What::ColonExpected));
                }
            }
            let start = space(bytes, i + 1);
            let (end, kind) = self.value(text, start, depth)?;
            sink.value(Span::new(start, end), kind);
            i = space(bytes, end);
            match bytes.get(i) {
                Some(b',') => i = space(bytes, i + 1),
                Some(b'}') => return Ok(i + 1),
                _ => return Err(unexpected(bytes, i, What::CommaOrBraceExpected)),
            }
            match bytes.get(i) {
                Some(b'"') => {}
                Some(b'}') => return Err(Fault::new(What::TrailingComma, i)),
                _ => return Err(unexpected(bytes, i, What::KeyExpected)),
            }
        }
    }

    /// The value at `i`; returns the place behind it, and what it is.
    #[inline(always)]
    fn value(&mut self, text: &str, i: usize, depth: usize) -> Result<(usize, Kind), Fault> {
        let bytes = text.as_bytes();
        // Most are strings.
        if bytes.get(i) == Some(&b'"') {
            let (end, escaped) = string::end(bytes, i + 1)?;
            return Ok((end + 1, if escaped { Kind::Escaped } else { Kind::Plain }));
        }
        match bytes.get(i) {
            Some(b'0'..=b'9' | b'-') => number::end(text, i),
            Some(b'{') => Ok((self.nested(i, depth + 1)?, Kind::Object)),
            Some(b'[') => Ok((self.list(i, depth + 1)?, Kind::List)),
            Some(b't') => literal(bytes, i, b"true", Kind::True),
            Some(b'f') => literal(bytes, i, b"false", Kind::False),
            Some(b'n') => literal(bytes, i, b"null", Kind::Null),
            _ => Err(unexpected(bytes, i, What::ValueExpected)),
        }
    }

    /// The object whose brace is at `i`, below the top level. Recursion is bounded by [`Limits::DEEPEST`].
    #[inline(never)]
    fn nested(&mut self, i: usize, depth: usize) -> Result<usize, Fault> {
        if depth > self.max_depth {
            return Err(Fault::new(What::TooDeep, i));
        }
        let mut keys =
            Nested { seen: Seen::default(), count: 0, first: [Span::default(); 8], base: self.more.len() };
        let base = keys.base;
        let end = self.object(i + 1, depth, &mut keys)?;
        self.more.truncate(base);
        Ok(end)
    }

    /// The list whose bracket is at `i`.
    #[inline(never)]
    fn list(&mut self, i: usize, depth: usize) -> Result<usize, Fault> {
        if depth > self.max_depth {
            return Err(Fault::new(What::TooDeep, i));
        }
        let text = self.text;
        let bytes = text.as_bytes();
        let mut i = space(bytes, i + 1);
        if bytes.get(i) == Some(&b']') {
            return Ok(i + 1);
        }
        loop {
            let (end, _) = self.value(text, i, depth)?;
            i = space(bytes, end);
            match bytes.get(i) {
                Some(b',') => i = space(bytes, i + 1),
                Some(b']') => return Ok(i + 1),
                _ => return Err(unexpected(bytes, i, What::CommaOrBracketExpected)),
            }
            if bytes.get(i) == Some(&b']') {
                return Err(Fault::new(What::TrailingComma, i));
            }
        }
    }
}

/// The keys of a nested object; its values are of no interest.
struct Nested<'a> {
    seen: Seen<'a>,
    count: usize,
    first: [Span; 8],
    base: usize,
}

impl<'a> Sink<'a> for Nested<'a> {
    #[inline(always)]
    fn key(&mut self, text: &'a str, more: &mut Vec<Span>, at: Span, key: &string::Key) -> Result<(), Fault> {
        if key.words.and_then(|words| self.seen.quick(words, at.len(), self.count)).is_none() {
            self.admit(text, more, at, key.escaped)?;
        }
        if let Some(place) = self.first.get_mut(self.count) {
            *place = at;
        } else if self.count < LINEAR {
            more.push(at);
        }
        self.count += 1;
        Ok(())
    }

    #[inline(always)]
    fn value(&mut self, _: Span, _: Kind) {}
}

impl<'a> Nested<'a> {
    #[cold]
    fn admit(&mut self, text: &'a str, more: &[Span], at: Span, escaped: bool) -> Result<(), Fault> {
        let earlier = (&self.first[..self.count.min(8)], &more[self.base..]);
        self.seen.admit(text, at, escaped, self.count, earlier).map(drop)
    }
}

/// Skips white space: section 2's four characters.
#[inline(always)]
fn space(bytes: &[u8], mut i: usize) -> usize {
    // Compact text has none; one comparison decides.
    while let Some(&byte) = bytes.get(i)
        && byte <= b' '
        && matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
    {
        i += 1;
    }
    i
}

#[inline(always)]
fn literal(bytes: &[u8], i: usize, word: &[u8], kind: Kind) -> Result<(usize, Kind), Fault> {
    if bytes[i..].starts_with(word) { Ok((i + word.len(), kind)) } else { Err(bad_literal(bytes, i, word)) }
}

#[cold]
fn bad_literal(bytes: &[u8], i: usize, word: &[u8]) -> Fault {
    let rest = &bytes[i..];
    if word.starts_with(rest) {
        Fault::new(What::EndsEarly, bytes.len())
    } else {
        Fault::new(What::ValueExpected, i)
    }
}

#[cold]
fn unexpected(bytes: &[u8], i: usize, what: What) -> Fault {
    Fault::new(if i >= bytes.len() { What::EndsEarly } else { what }, i)
}

#[cold]
fn not_an_object(bytes: &[u8], i: usize) -> Fault {
    let what = match bytes.get(i) {
        None => What::Empty,
        Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => What::NotAnObject,
        Some(0xEF) if bytes.starts_with(b"\xEF\xBB\xBF") => What::ByteOrderMark,
        Some(_) => What::ObjectExpected,
    };
    Fault::new(what, i)
}
