use super::{
    super::{
        number::{self, Integer},
        span::{Kind, Span},
    },
    Failed, PRIVATE,
    nested::Cursor,
};
use serde::de::{Deserializer, Visitor};
use serde_json::Error;

/// A value whose ends are known.
#[derive(Clone, Copy)]
pub(super) struct Value<'s, 'a> {
    /// The message.
    pub(super) text: &'a str,
    /// Where the value is in it; a string with its quotes.
    pub(super) at: Span,
    pub(super) kind: Kind,
    pub(super) failed: &'s Failed,
}

impl<'s, 'a> Value<'s, 'a> {
    #[inline]
    fn raw(self) -> &'a str {
        self.at.of(self.text)
    }

    /// Leaves it to `serde_json`. That all of the text was read must be checked: `1.0` is not the `i128` `1`.
    #[inline]
    fn json<T>(self, read: impl FnOnce(&mut Json<'a>) -> Result<T, Error>) -> Result<T, Error> {
        let mut json = serde_json::Deserializer::from_str(self.raw());
        let value = read(&mut json).and_then(|value| json.end().map(|()| value));
        self.failed.watch(value)
    }

    /// The object or list itself.
    #[inline]
    fn open(self) -> Cursor<'s, 'a> {
        Cursor::new(self.text, self.at.start as usize, self.failed)
    }

    #[inline]
    fn integer(self) -> Option<Integer> {
        if self.kind == Kind::Integer { number::integer(self.raw()) } else { None }
    }
}

type Json<'a> = serde_json::Deserializer<serde_json::de::StrRead<'a>>;

/// Numbers: short integers by hand.
macro_rules! integers {
    ($($method:ident)*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.integer() {
                Some(Integer::Unsigned(n)) => self.failed.watch(visitor.visit_u64(n)),
                Some(Integer::Signed(n)) => self.failed.watch(visitor.visit_i64(n)),
                None => self.json(|json| json.$method(visitor)),
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
                return self.failed.watch(visitor.visit_borrowed_str(self.at.unquoted(self.text)));
            }
            self.json(|json| json.$method(visitor))
        })*
    };
}

/// The rest.
macro_rules! leave_to_serde_json {
    ($($method:ident($($arg:ident: $type:ty),*))*) => {
        $(#[inline]
        fn $method<V: Visitor<'a>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.json(|json| json.$method($($arg,)* visitor))
        })*
    };
}

impl<'a> Deserializer<'a> for Value<'_, 'a> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Plain => self.deserialize_str(visitor),
            Kind::Integer => self.deserialize_u64(visitor),
            Kind::Null => self.failed.watch(visitor.visit_unit()),
            Kind::True => self.failed.watch(visitor.visit_bool(true)),
            Kind::False => self.failed.watch(visitor.visit_bool(false)),
            // Decimals too: with serde_json's `arbitrary_precision` they are no `f64`.
            Kind::List => self.open().list(visitor),
            Kind::Object => self.open().object(visitor),
            Kind::Escaped | Kind::Decimal => self.json(|json| json.deserialize_any(visitor)),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::True => self.failed.watch(visitor.visit_bool(true)),
            Kind::False => self.failed.watch(visitor.visit_bool(false)),
            _ => self.json(|json| json.deserialize_bool(visitor)),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Decimal if let Some(n) = number::decimal(self.raw()) => {
                self.failed.watch(visitor.visit_f64(n))
            }
            _ => self.json(|json| json.deserialize_f64(visitor)),
        }
    }

    strings! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.kind == Kind::Null {
            self.failed.watch(visitor.visit_none())
        } else {
            self.failed.watch(visitor.visit_some(self))
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.kind == Kind::Null {
            self.failed.watch(visitor.visit_unit())
        } else {
            self.json(|json| json.deserialize_unit(visitor))
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(PRIVATE) {
            return self.json(|json| json.deserialize_newtype_struct(name, visitor));
        }
        self.failed.watch(visitor.visit_newtype_struct(self))
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::List => self.open().list(visitor),
            _ => self.json(|json| json.deserialize_seq(visitor)),
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
    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Object => self.open().object(visitor),
            _ => self.json(|json| json.deserialize_map(visitor)),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Object => self.open().object(visitor),
            Kind::List => self.open().list(visitor),
            _ => self.json(|json| json.deserialize_struct(name, fields, visitor)),
        }
    }

    /// The pass has read it already.
    #[inline]
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.failed.watch(visitor.visit_unit())
    }

    leave_to_serde_json! {
        deserialize_i128() deserialize_u128() deserialize_f32()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit_struct(name: &'static str)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}
