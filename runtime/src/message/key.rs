//! The value of a field as matching sees it, for any type that serde can write.

use serde::ser::{Impossible, Serialize, Serializer};

use crate::pattern::Scalar;

/// Shows `see` the field's value; an `enum` without data is its name, an `Option` its content or `null`.
pub fn see_key<T: Serialize + ?Sized>(field: &T, see: &mut dyn FnMut(Scalar<'_>)) {
    see_key_with(|key| field.serialize(key), see);
}

/// As [`see_key`], for a field with a function of its own that writes it (`#[serde(with = "…")]`).
pub fn see_key_with(
    serialize: impl FnOnce(Key<'_>) -> Result<(), Compound>,
    see: &mut dyn FnMut(Scalar<'_>),
) {
    // A field that is a list or an object answers `Err` with what it is; nothing is lost by that.
    if let Err(Compound(Some(scalar))) = serialize(Key(see)) {
        see(scalar);
    }
}

/// The serializer of [`see_key`].
pub struct Key<'a>(&'a mut dyn FnMut(Scalar<'_>));

/// Not a scalar: a list, an object, or (`None`) a value that its type refuses to write.
#[derive(Debug)]
pub struct Compound(Option<Scalar<'static>>);

impl std::fmt::Display for Compound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a scalar")
    }
}

impl std::error::Error for Compound {}

impl serde::ser::Error for Compound {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Compound(None)
    }
}

const LIST: Compound = Compound(Some(Scalar::List));
const OBJECT: Compound = Compound(Some(Scalar::Object));

macro_rules! ints {
    ($($method:ident: $t:ty),+) => { $(
        fn $method(self, n: $t) -> Result<(), Compound> {
            // An integer beyond i64 equals no pattern's integer; as a float it still has its text.
            (self.0)(i64::try_from(n).map_or(Scalar::Float(n as f64), Scalar::Int));
            Ok(())
        }
    )+ };
}

#[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::unnecessary_fallible_conversions)]
impl Serializer for Key<'_> {
    type Ok = ();
    type Error = Compound;
    type SerializeSeq = Impossible<(), Compound>;
    type SerializeTuple = Impossible<(), Compound>;
    type SerializeTupleStruct = Impossible<(), Compound>;
    type SerializeTupleVariant = Impossible<(), Compound>;
    type SerializeMap = Impossible<(), Compound>;
    type SerializeStruct = Impossible<(), Compound>;
    type SerializeStructVariant = Impossible<(), Compound>;

    ints!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128);

    fn serialize_bool(self, v: bool) -> Result<(), Compound> {
        (self.0)(Scalar::Bool(v));
        Ok(())
    }

    fn serialize_f32(self, v: f32) -> Result<(), Compound> {
        self.serialize_f64(f64::from(v))
    }

    fn serialize_f64(self, v: f64) -> Result<(), Compound> {
        // JSON has no NaN and no infinity; serde_json writes null.
        (self.0)(if v.is_finite() { Scalar::Float(v) } else { Scalar::Null });
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), Compound> {
        (self.0)(Scalar::Str(v.encode_utf8(&mut [0; 4])));
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Result<(), Compound> {
        (self.0)(Scalar::Str(v));
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Compound> {
        Err(LIST)
    }

    fn serialize_none(self) -> Result<(), Compound> {
        (self.0)(Scalar::Null);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<(), Compound> {
        v.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Compound> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Compound> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Compound> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, v: &T) -> Result<(), Compound> {
        v.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Compound> {
        Err(OBJECT)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Compound> {
        Err(LIST)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Compound> {
        Err(LIST)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Compound> {
        Err(LIST)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Compound> {
        Err(OBJECT)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Compound> {
        Err(OBJECT)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Compound> {
        Err(OBJECT)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Compound> {
        Err(OBJECT)
    }
}
