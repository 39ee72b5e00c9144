use super::{
    super::{
        number::{self, Integer},
        span::{Kind, Span},
    },
    PRIVATE,
};
use serde::de::{Deserializer, Visitor};
use serde_json::Error;

/// The value of one top-level key.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    /// The message.
    pub(super) text: &'a str,
    /// Where the value is in it; a string with its quotes.
    pub(super) at: Span,
    pub(super) kind: Kind,
}

impl<'a> Value<'a> {
    #[inline]
    fn raw(self) -> &'a str {
        self.at.of(self.text)
    }

    #[inline]
    fn json(self) -> serde_json::Deserializer<serde_json::de::StrRead<'a>> {
        serde_json::Deserializer::from_str(self.raw())
    }

    #[inline]
    fn integer(self) -> Option<Integer> {
        if self.kind == Kind::Integer { number::integer(self.raw()) } else { None }
    }
}

/// Numbers: short integers by hand.
macro_rules! integers {
    ($($method:ident)*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.integer() {
                Some(Integer::Unsigned(n)) => visitor.visit_u64(n),
                Some(Integer::Signed(n)) => visitor.visit_i64(n),
                None => self.json().$method(visitor),
            }
        })*
    };
}

/// Text: without escapes it is handed over as it stands in the message.
macro_rules! strings {
    ($($method:ident)*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            if self.kind == Kind::Plain {
                return visitor.visit_borrowed_str(self.at.unquoted(self.text));
            }
            self.json().$method(visitor)
        })*
    };
}

/// The rest. That all of the text was read must be checked: `1.0` is not the `i128` `1`.
macro_rules! leave_to_serde_json {
    ($($method:ident($($arg:ident: $type:ty),*))*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Error> {
            let mut json = self.json();
            let value = json.$method($($arg,)* visitor)?;
            json.end()?;
            Ok(value)
        })*
    };
}

impl<'a> Deserializer<'a> for Value<'a> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Plain => self.deserialize_str(visitor),
            Kind::Integer => self.deserialize_u64(visitor),
            Kind::Null => visitor.visit_unit(),
            Kind::True => visitor.visit_bool(true),
            Kind::False => visitor.visit_bool(false),
            // Decimals too: with serde_json's `arbitrary_precision` they are no `f64`.
            Kind::Escaped | Kind::Decimal | Kind::List | Kind::Object => self.json().deserialize_any(visitor),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::True => visitor.visit_bool(true),
            Kind::False => visitor.visit_bool(false),
            _ => self.json().deserialize_bool(visitor),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Decimal if let Some(n) = number::decimal(self.raw()) => visitor.visit_f64(n),
            _ => self.json().deserialize_f64(visitor),
        }
    }

    strings! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.kind == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.kind == Kind::Null { visitor.visit_unit() } else { self.json().deserialize_unit(visitor) }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(PRIVATE) {
            return self.json().deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    /// The pass has read it already.
    #[inline]
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    leave_to_serde_json! {
        deserialize_i128() deserialize_u128() deserialize_f32()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit_struct(name: &'static str)
        deserialize_seq() deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map() deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}
