use super::{super::span::Span, Failed, PRIVATE};
use serde::de::{Deserializer, Visitor};
use serde_json::Error;

/// A key of the message. As `serde_json` has it, a key may stand for a number, a boolean or a variant.
pub(super) struct Key<'s, 'a> {
    /// The message.
    pub(super) text: &'a str,
    /// Where the key is in it, without the quotes.
    pub(super) at: Span,
    /// Without escapes, if it has some.
    pub(super) owned: Option<&'s str>,
    pub(super) failed: &'s Failed,
}

impl<'a> Key<'_, 'a> {
    #[inline]
    fn plain(&self) -> &'a str {
        self.at.of(self.text)
    }

    fn json(&self) -> Json<'a> {
        serde_json::Deserializer::from_str(self.at.quoted(self.text))
    }

    /// The number between the quotes: nothing else may be there, no white space either.
    fn number<T>(&self, read: impl FnOnce(&mut Json<'a>) -> Result<T, Error>) -> Result<T, Error> {
        let text = self.plain();
        if text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && text.ends_with(|c: char| c.is_ascii_digit())
        {
            let mut json = serde_json::Deserializer::from_str(text);
            let number = read(&mut json).and_then(|number| json.end().map(|()| number));
            return self.failed.watch(number);
        }
        self.failed.refuse("expected a number as key")
    }
}

type Json<'a> = serde_json::Deserializer<serde_json::de::StrRead<'a>>;

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            self.number(|json| json.$method(visitor))
        })*
    };
}

impl<'a> Deserializer<'a> for Key<'_, 'a> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let failed = self.failed;
        match self.owned {
            None => failed.watch(visitor.visit_borrowed_str(self.plain())),
            Some(key) => failed.watch(visitor.visit_str(key)),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let failed = self.failed;
        match self.plain() {
            "true" => failed.watch(visitor.visit_bool(true)),
            "false" => failed.watch(visitor.visit_bool(false)),
            _ => self.failed.refuse("expected a boolean as key"),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let failed = self.failed;
        failed.watch(visitor.visit_some(self))
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(PRIVATE) {
            return self.failed.watch(self.json().deserialize_newtype_struct(name, visitor));
        }
        let failed = self.failed;
        failed.watch(visitor.visit_newtype_struct(self))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.failed.watch(self.json().deserialize_enum(name, variants, visitor))
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.failed.watch(self.json().deserialize_bytes(visitor))
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>>
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
