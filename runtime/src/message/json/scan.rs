use super::{
    de,
    decode::{self, DecodeError},
    limits::Limits,
    malformed::{Fault, Malformed, What},
    number::{self, Integer},
    seen::{LINEAR, Seen},
    span::{Entry, Kind, Span},
    string,
    walk::{Sink, Walk},
};
use crate::pattern::Scalar;
use crate::sort::gather;
use serde::Deserialize;
use serde_json::Value;
use std::{fmt, iter, sync::OnceLock};

/// How many pairs need no allocation.
const INLINE: usize = LINEAR;

/// The top-level keys of a message with their raw values, found in one strict pass over its bytes.
///
/// See the [module](super) for an example.
#[derive(Clone)]
pub struct Scan<'a> {
    text: &'a str,
    len: usize,
    first: First,
    /// The pairs after the first [`INLINE`] ones.
    more: Vec<(Span, Entry)>,
    /// The keys that are written with escapes, by index.
    escaped_keys: Vec<(usize, Box<str>)>,
    /// The strings with escapes that someone asked for, by index.
    unescaped: OnceLock<Box<[OnceLock<Box<str>>]>>,
}

/// The first pairs. Together, so that one `memset` makes them.
#[derive(Clone)]
struct First {
    keys: [Span; INLINE],
    prints: [u32; INLINE],
    entries: [Entry; INLINE],
}

impl<'a> Scan<'a> {
    /// Reads the bytes of one JSON object (RFC 8259) within the limits of rule M7.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the bytes are not exactly one JSON object in UTF-8, have a key twice in one object, or
    /// exceed a limit; see its predicates. What else `serde_json` refuses to make a `Value` of is refused here, and
    /// nothing more: numbers out of range and lone surrogates too. The one exception are keys that start with
    /// `$serde_json::private::`, by which a sender could make a `Value` read a string as unchecked JSON text.
    #[inline]
    pub fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self, Malformed> {
        let mut scan = Scan::empty();
        scan.fill(bytes, limits)?;
        Ok(scan)
    }

    /// One of no message, to be filled where it stands: it is half a kilobyte, so it is better not moved.
    #[inline]
    pub(crate) const fn empty() -> Self {
        Scan {
            text: "",
            len: 0,
            first: First {
                keys: [Span::EMPTY; INLINE],
                prints: [0; INLINE],
                entries: [Entry::EMPTY; INLINE],
            },
            more: Vec::new(),
            escaped_keys: Vec::new(),
            unescaped: OnceLock::new(),
        }
    }

    /// As [`read`](Scan::read), into an empty one.
    #[inline]
    pub(crate) fn fill(&mut self, bytes: &'a [u8], limits: &Limits) -> Result<(), Malformed> {
        if bytes.len() > limits.max_bytes() {
            return Err(Malformed::unread(What::TooLarge, limits.max_bytes(), bytes, limits));
        }
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(Malformed::unread(What::NotUtf8, error.valid_up_to(), bytes, limits)),
        };
        self.text = text;
        match Walk::new(text, limits).message(&mut Top { scan: self, seen: Seen::default() }) {
            Ok(()) => Ok(()),
            Err(fault) => Err(Malformed::new(fault, bytes, text, limits)),
        }
    }

    /// How many top-level keys there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the object is `{}`.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes that were read.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The name of the `i`-th key, without escapes. Panics if there is no such key.
    #[inline(always)]
    pub fn key(&self, i: usize) -> &str {
        if !self.escaped_keys.is_empty()
            && let Some(key) = self.owned_key(i)
        {
            return key;
        }
        self.key_span(i).of(self.text)
    }

    /// The [print](crate::pattern::print) of the `i`-th key, if it was kept.
    #[inline(always)]
    pub(crate) fn key_print(&self, i: usize) -> Option<u32> {
        self.first.prints.get(i).copied()
    }

    /// The value of the `i`-th key as it is written; a string with its quotes. Panics if there is no such key.
    #[inline]
    pub fn raw(&self, i: usize) -> &'a str {
        self.entry(i).at.of(self.text)
    }

    /// The value of the `i`-th key, as far as matching looks at it. Panics if there is no such key.
    ///
    /// A string is unescaped at the first call that asks for it, and kept.
    #[inline]
    pub fn scalar(&self, i: usize) -> Scalar<'_> {
        let Entry { at, kind } = self.entry(i);
        let raw = at.of(self.text);
        match kind {
            Kind::Plain => Scalar::Str(at.unquoted(self.text)),
            Kind::Escaped => Scalar::Str(self.unescaped(i)),
            Kind::Integer => match number::integer(raw) {
                Some(Integer::Signed(n)) => Scalar::Int(n),
                Some(Integer::Unsigned(n)) => i64::try_from(n).map_or_else(|_| number(raw), Scalar::Int),
                None => number(raw),
            },
            Kind::Decimal => number(raw),
            Kind::True => Scalar::Bool(true),
            Kind::False => Scalar::Bool(false),
            Kind::Null => Scalar::Null,
            Kind::List => Scalar::List,
            Kind::Object => Scalar::Object,
        }
    }

    /// The value of the `i`-th key if it is a string without escapes.
    #[inline(always)]
    pub(crate) fn plain(&self, i: usize) -> Option<&str> {
        let entry = self.entry(i);
        (entry.kind == Kind::Plain).then(|| entry.at.unquoted(self.text))
    }

    /// The index of the key with this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<usize> {
        (0..self.len).find(|&i| self.key(i) == name)
    }

    /// The keys and their raw values, in the order of the text.
    #[inline]
    pub fn iter(&self) -> Iter<'_, 'a> {
        Iter { scan: self, next: 0 }
    }

    /// The value of the `i`-th key as a tree. Panics if there is no such key.
    pub fn entry_value(&self, i: usize) -> Value {
        tree(self.raw(i))
    }

    /// The whole message as a tree.
    pub fn to_value(&self) -> Value {
        let pairs = (0..self.len).map(|i| (self.key(i).to_owned(), self.entry_value(i)));
        Value::Object(gather(pairs))
    }

    /// Decodes the message from the pairs already found: gives what `serde_json::from_slice` gives for the same bytes.
    ///
    /// Where a value does not fit, `serde_json` itself decides over the whole message, even if the type swallows the
    /// error. (A `Deserialize` that never touches its deserializer, against serde's rules, goes unnoticed here.)
    ///
    /// ```
    /// use matchbus::message::json::{Limits, Scan};
    ///
    /// #[derive(serde::Deserialize, Debug)]
    /// struct Order { user: User }
    /// #[derive(serde::Deserialize, Debug)]
    /// struct User { id: u32 }
    ///
    /// let scan = Scan::read(br#"{"user":{"id":"seven"}}"#, &Limits::default())?;
    /// let error = scan.decode::<Order>().unwrap_err();
    /// assert_eq!(error.path(), "$.user.id");
    /// assert_eq!(error.reason(), "invalid type: string \"seven\", expected u32");
    /// # Ok::<(), matchbus::message::json::Malformed>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the message does not fit the type. Only then the bytes are read again, by `serde_json`,
    /// to say where and why.
    #[inline]
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        let failed = de::Failed::default();
        match T::deserialize(de::Message { scan: self, failed: &failed }) {
            Ok(message) if !failed.get() => Ok(message),
            _ => decode::again(self.bytes()),
        }
    }

    /// As [`decode`](Scan::decode), to a place that is empty: what was decoded is moved once.
    #[inline(always)]
    pub(crate) fn decode_into<T: Deserialize<'a>>(&self, place: &mut Option<T>) -> Result<(), DecodeError> {
        let failed = de::Failed::default();
        let message = T::deserialize(de::Message { scan: self, failed: &failed });
        if failed.get() || message.is_err() {
            *place = Some(decode::again(self.bytes())?);
        } else {
            *place = message.ok();
        }
        Ok(())
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    #[inline]
    pub(super) fn entry(&self, i: usize) -> Entry {
        if i < INLINE && i < self.len { self.first.entries[i] } else { self.later(i).1 }
    }

    #[inline]
    pub(super) fn key_span(&self, i: usize) -> Span {
        if i < INLINE && i < self.len { self.first.keys[i] } else { self.later(i).0 }
    }

    #[cold]
    fn later(&self, i: usize) -> (Span, Entry) {
        match self.more.get(i.wrapping_sub(INLINE)) {
            Some(&pair) => pair,
            None => panic!("key {i} was asked for, but the message has {} keys", self.len),
        }
    }

    /// The `i`-th key, if it is written with escapes.
    #[inline]
    pub(super) fn owned_key(&self, i: usize) -> Option<&str> {
        if self.escaped_keys.is_empty() {
            return None;
        }
        let found = self.escaped_keys.binary_search_by_key(&i, |&(index, _)| index).ok()?;
        Some(&self.escaped_keys[found].1)
    }

    #[cold]
    fn unescaped(&self, i: usize) -> &str {
        let all = self.unescaped.get_or_init(|| iter::repeat_with(OnceLock::new).take(self.len).collect());
        all[i].get_or_init(|| string::unescape(self.raw(i)).into())
    }
}

impl fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'s, 'a> IntoIterator for &'s Scan<'a> {
    type Item = (&'s str, &'a str);
    type IntoIter = Iter<'s, 'a>;

    fn into_iter(self) -> Iter<'s, 'a> {
        self.iter()
    }
}

/// The keys of a [`Scan`] and their raw values.
#[derive(Clone, Debug)]
pub struct Iter<'s, 'a> {
    scan: &'s Scan<'a>,
    next: usize,
}

impl<'s, 'a> Iterator for Iter<'s, 'a> {
    type Item = (&'s str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let i = self.next;
        if i == self.scan.len {
            return None;
        }
        self.next += 1;
        Some((self.scan.key(i), self.scan.raw(i)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.scan.len - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_, '_> {}

/// Collects the pairs of the top level.
struct Top<'s, 'a> {
    scan: &'s mut Scan<'a>,
    seen: Seen<'a>,
}

impl<'a> Sink<'a> for Top<'_, 'a> {
    #[inline(always)]
    fn key(&mut self, text: &'a str, _: &mut Vec<Span>, at: Span, key: &string::Key) -> Result<(), Fault> {
        let i = self.scan.len;
        let print = match key.words.and_then(|words| self.seen.quick(words, at.len(), i)) {
            Some(print) => print,
            None => self.admit(text, at, key.escaped)?,
        };
        let scan = &mut *self.scan;
        if i < INLINE {
            scan.first.keys[i] = at;
            scan.first.prints[i] = print;
        } else {
            scan.more.push((at, Entry::default()));
        }
        Ok(())
    }

    #[inline(always)]
    fn value(&mut self, at: Span, kind: Kind) {
        let scan = &mut *self.scan;
        let entry = Entry { at, kind };
        match scan.first.entries.get_mut(scan.len) {
            Some(place) => *place = entry,
            None => {
                if let Some(last) = scan.more.last_mut() {
                    last.1 = entry;
                }
            }
        }
        scan.len += 1;
    }
}

impl<'a> Top<'_, 'a> {
    #[cold]
    fn admit(&mut self, text: &'a str, at: Span, escaped: bool) -> Result<u32, Fault> {
        let scan = &mut *self.scan;
        let i = scan.len;
        let print = self.seen.admit(text, at, escaped, i, (&scan.first.keys[..i.min(INLINE)], &[]))?;
        if escaped {
            scan.escaped_keys.push((i, string::unescape(at.quoted(text)).into()));
        }
        Ok(print)
    }
}

/// A number that is no short integer.
#[cold]
fn number(raw: &str) -> Scalar<'static> {
    if let Ok(n) = raw.parse() {
        return Scalar::Int(n);
    }
    // Not the sender's doing if it fails: the pass has refused what serde_json refuses, which the property tests and the fuzz
    // targets hold it to.
    Scalar::Float(serde_json::from_str(raw).expect("the pass accepts only numbers that serde_json accepts"))
}

fn tree(raw: &str) -> Value {
    // As in `number`.
    serde_json::from_str(raw).expect("the pass accepts only values that serde_json accepts")
}
