use super::{
    super::{scan::Scan, span::Entry},
    Failed, PRIVATE,
    key::Key,
    value::Value,
};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};
use serde_json::Error;

/// The whole message.
#[derive(Clone, Copy)]
pub(in super::super) struct Message<'s, 'a> {
    pub(in super::super) scan: &'s Scan<'a>,
    pub(in super::super) failed: &'s Failed,
}

impl<'s, 'a> Message<'s, 'a> {
    fn json(self) -> serde_json::Deserializer<serde_json::de::StrRead<'a>> {
        serde_json::Deserializer::from_str(self.scan.text())
    }

    #[inline]
    fn key(self, i: usize) -> Key<'s, 'a> {
        Key {
            text: self.scan.text(),
            at: self.scan.key_span(i),
            owned: self.scan.owned_key(i),
            failed: self.failed,
        }
    }

    #[inline]
    fn value(self, i: usize) -> Value<'s, 'a> {
        let Entry { at, kind } = self.scan.entry(i);
        Value { text: self.scan.text(), at, kind, failed: self.failed }
    }
}

/// What no object can be: `serde_json` has the right words, and knows the exceptions.
macro_rules! leave_to_serde_json {
    ($($method:ident($($arg:ident: $type:ty),*))*) => {
        $(#[cold]
        fn $method<V: Visitor<'a>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.failed.watch(self.json().$method($($arg,)* visitor))
        })*
    };
}

impl<'a> Deserializer<'a> for Message<'_, 'a> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut pairs = Pairs { message: self, next: 0, value_next: false };
        let value = visitor.visit_map(&mut pairs);
        // A visitor that leaves something over is refused by serde_json.
        self.failed.note(value.is_err() || pairs.value_next || pairs.next < self.scan.len());
        value
    }

    #[inline]
    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.failed.watch(visitor.visit_some(self))
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(PRIVATE) {
            return self.failed.watch(self.json().deserialize_newtype_struct(name, visitor));
        }
        self.failed.watch(visitor.visit_newtype_struct(self))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.scan.len() != 1 {
            return self.failed.refuse("expected one key, the variant's name");
        }
        self.failed.watch(visitor.visit_enum(Variant { message: self }))
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    leave_to_serde_json! {
        deserialize_bool() deserialize_char() deserialize_str() deserialize_string() deserialize_identifier()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_bytes() deserialize_byte_buf() deserialize_unit()
        deserialize_unit_struct(name: &'static str) deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
    }
}

struct Pairs<'s, 'a> {
    message: Message<'s, 'a>,
    next: usize,
    /// The key at `next` has been handed over, its value not yet.
    value_next: bool,
}

impl<'a> MapAccess<'a> for &mut Pairs<'_, 'a> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.value_next {
            return self.message.failed.refuse("a value was left unread");
        }
        if self.next == self.message.scan.len() {
            return Ok(None);
        }
        self.value_next = true;
        seed.deserialize(self.message.key(self.next)).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Error> {
        if !self.value_next {
            return self.message.failed.refuse("a value was read before its key");
        }
        let i = self.next;
        self.next += 1;
        self.value_next = false;
        seed.deserialize(self.message.value(i))
    }
}

/// A message with one key, taken as a variant.
struct Variant<'s, 'a> {
    message: Message<'s, 'a>,
}

impl<'a> EnumAccess<'a> for Variant<'_, 'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        Ok((seed.deserialize(self.message.key(0))?, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'_, 'a> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        serde::Deserialize::deserialize(self.message.value(0))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.message.value(0))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.message.value(0).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.message.value(0).deserialize_struct("", fields, visitor)
    }
}
