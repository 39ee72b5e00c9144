use super::{
    super::{
        number,
        span::{Kind, Span},
        string,
    },
    Failed, PRIVATE,
    key::Key,
    value::Value,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Error;

/// A place inside a nested value; decoding goes on from there. Recursion is bounded by
/// [`Limits::DEEPEST`](super::super::Limits::DEEPEST), since the pass was.
pub(super) struct Cursor<'s, 'a> {
    text: &'a str,
    at: usize,
    failed: &'s Failed,
}

impl<'s, 'a> Cursor<'s, 'a> {
    /// At the first byte of a value.
    #[inline]
    pub(super) fn new(text: &'a str, at: usize, failed: &'s Failed) -> Self {
        Cursor { text, at, failed }
    }

    /// The next byte that is no white space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte > b' ' {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes this byte, which a type that reads properly is always at.
    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return self.failed.refuse("something was left unread");
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the end of an object or a list, if it was read so far.
    #[inline]
    fn close(&mut self, read: bool, byte: u8) {
        if read && self.peek() == Some(byte) {
            self.at += 1;
        } else {
            self.failed.note(true);
        }
    }

    /// The object that starts here.
    #[inline]
    pub(super) fn object<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.at += 1;
        let value = visitor.visit_map(Elements { cursor: self, first: true });
        self.close(value.is_ok(), b'}');
        value
    }

    /// The list that starts here.
    #[inline]
    pub(super) fn list<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.at += 1;
        let value = visitor.visit_seq(Elements { cursor: self, first: true });
        self.close(value.is_ok(), b']');
        value
    }

    /// Takes a positive integer of up to 18 digits, if one is here.
    #[inline]
    fn take_integer(&mut self) -> Option<u64> {
        let mut digit = self.peek()?.wrapping_sub(b'0');
        let (bytes, mut n, mut i) = (self.text.as_bytes(), 0, self.at);
        while digit < 10 {
            n = u64::wrapping_add(u64::wrapping_mul(n, 10), u64::from(digit));
            i += 1;
            digit = bytes.get(i)?.wrapping_sub(b'0');
        }
        // The loop cannot have overflowed unnoticed: there are too many digits then.
        if i == self.at || i - self.at > 18 || matches!(bytes[i], b'.' | b'e' | b'E') {
            return None;
        }
        self.at = i;
        Some(n)
    }

    /// Takes a string without escapes, if one is here.
    #[inline]
    fn take_plain(&mut self) -> Option<&'a str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        match string::end(self.text.as_bytes(), start) {
            Ok((end, false)) => {
                self.at = end + 1;
                Some(&self.text[start..end])
            }
            _ => None,
        }
    }

    /// Takes the whole value that starts here.
    #[inline]
    fn take(&mut self) -> Result<Value<'s, 'a>, Error> {
        let first = self.peek();
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let found = match first {
            Some(b'"') => string::end(bytes, start + 1)
                .map(|(end, escaped)| (end + 1, if escaped { Kind::Escaped } else { Kind::Plain })),
            Some(b'0'..=b'9' | b'-') => number::end(self.text, start),
            Some(b't') => Ok((start + 4, Kind::True)),
            Some(b'f') => Ok((start + 5, Kind::False)),
            Some(b'n') => Ok((start + 4, Kind::Null)),
            Some(b'{') => skip(bytes, start).map(|end| (end, Kind::Object)),
            Some(b'[') => skip(bytes, start).map(|end| (end, Kind::List)),
            _ => return self.failed.refuse("a value was read twice"),
        };
        let Ok((end, kind)) = found else {
            return self.failed.refuse("a value was left unread");
        };
        self.at = end;
        Ok(Value { text: self.text, at: Span::new(start, end), kind, failed: self.failed })
    }
}

/// The place behind the object or list that starts at `i`.
fn skip(bytes: &[u8], mut i: usize) -> Result<usize, super::super::malformed::Fault> {
    let mut open = 0usize;
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' => {
                open -= 1;
                if open == 0 {
                    break;
                }
            }
            b'"' => i = string::end(bytes, i + 1)?.0,
            _ => {}
        }
        i += 1;
    }
    Ok(i + 1)
}

/// What is neither an object nor a list, or wanted as a whole.
macro_rules! take {
    ($($method:ident($($arg:ident: $type:ty),*))*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.take()?.$method($($arg,)* visitor)
        })*
    };
}

/// The most frequent values, without a detour.
macro_rules! short {
    ($take:ident $visit:ident $($method:ident)*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.$take() {
                Some(value) => self.failed.watch(visitor.$visit(value)),
                None => self.take()?.$method(visitor),
            }
        })*
    };
}

impl<'a> Deserializer<'a> for &mut Cursor<'_, 'a> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.list(visitor),
            _ => self.take()?.deserialize_any(visitor),
        }
    }

    #[inline]
    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'{') => self.object(visitor),
            _ => self.take()?.deserialize_map(visitor),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.list(visitor),
            _ => self.take()?.deserialize_struct(name, fields, visitor),
        }
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'[') => self.list(visitor),
            _ => self.take()?.deserialize_seq(visitor),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == Some(b'n') {
            return self.take()?.deserialize_option(visitor);
        }
        let failed = self.failed;
        failed.watch(visitor.visit_some(self))
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(PRIVATE) {
            return self.take()?.deserialize_newtype_struct(name, visitor);
        }
        let failed = self.failed;
        failed.watch(visitor.visit_newtype_struct(self))
    }

    short! { take_plain visit_borrowed_str deserialize_str deserialize_string }

    short! {
        take_integer visit_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    take! {
        deserialize_bool() deserialize_char() deserialize_identifier() deserialize_i128() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_bytes() deserialize_byte_buf() deserialize_unit()
        deserialize_unit_struct(name: &'static str) deserialize_ignored_any()
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

/// What an object or a list holds, read in order.
struct Elements<'c, 's, 'a> {
    cursor: &'c mut Cursor<'s, 'a>,
    first: bool,
}

impl Elements<'_, '_, '_> {
    /// Goes to the next element or key; says whether there is one.
    #[inline]
    fn advance(&mut self, close: u8) -> Result<bool, Error> {
        if self.cursor.peek() == Some(close) {
            return Ok(false);
        }
        if !self.first {
            self.cursor.expect(b',')?;
        }
        self.first = false;
        Ok(true)
    }
}

impl<'a> SeqAccess<'a> for Elements<'_, '_, 'a> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if !self.advance(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.cursor).map(Some)
    }
}

impl<'a> MapAccess<'a> for Elements<'_, '_, 'a> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if !self.advance(b'}')? {
            return Ok(None);
        }
        self.cursor.expect(b'"')?;
        let Cursor { text, at, failed } = *self.cursor;
        let Ok((end, escaped)) = string::end(text.as_bytes(), at) else {
            return failed.refuse("a key was left unread");
        };
        self.cursor.at = end + 1;
        let at = Span::new(at, end);
        let owned = escaped.then(|| string::unescape(at.quoted(text)));
        seed.deserialize(Key { text, at, owned: owned.as_deref(), failed }).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.cursor.expect(b':')?;
        seed.deserialize(&mut *self.cursor)
    }
}
