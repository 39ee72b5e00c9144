//! Writes a message as `serde_json` does, only faster where its fields are long texts.
//!
//! `serde_json` looks at each byte of a text by itself. Here a text in which nothing is to be escaped is written as one
//! piece. Whatever is neither the message itself nor a text in it is left to `serde_json`.

use std::fmt;

use serde::Serialize;
use serde::ser::{Impossible, SerializeStruct, Serializer};

use super::{de::PRIVATE, string};

/// Appends `message`: gives what [`serde_json::to_writer`] gives, and leaves what that leaves if it cannot be written.
///
/// # Errors
///
/// As `serde_json::to_writer`.
pub(crate) fn write<T: Serialize>(out: &mut Vec<u8>, message: &T) -> serde_json::Result<()> {
    let start = out.len();
    if message.serialize(Top(out)).is_ok() {
        return Ok(());
    }
    // It is no struct, or cannot be written, which is said in serde_json's words.
    out.truncate(start);
    serde_json::to_writer(out, message)
}

/// Appends a text with its quotes.
fn text(out: &mut Vec<u8>, text: &str) -> Result<(), Other> {
    if !string::is_plain(text.as_bytes()) {
        return serde_json::to_writer(out, text).map_err(|_| Other);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// It is left to `serde_json`. As [`fmt::Error`] says nothing more.
use fmt::Error as Other;

/// What neither of the two below takes.
macro_rules! leave_to_serde_json {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(#[inline]
        fn $method(self, $(_: $type),*) -> Result<$ok, Other> {
            Err(Other)
        })*
    };
    (rest) => {
        type Ok = ();
        type Error = Other;
        type SerializeSeq = Impossible<(), Other>;
        type SerializeTuple = Impossible<(), Other>;
        type SerializeTupleStruct = Impossible<(), Other>;
        type SerializeTupleVariant = Impossible<(), Other>;
        type SerializeMap = Impossible<(), Other>;
        type SerializeStructVariant = Impossible<(), Other>;

        leave_to_serde_json! {
            serialize_bool(bool) -> ();
            serialize_i8(i8) -> ();
            serialize_i16(i16) -> ();
            serialize_i32(i32) -> ();
            serialize_i64(i64) -> ();
            serialize_i128(i128) -> ();
            serialize_u8(u8) -> ();
            serialize_u16(u16) -> ();
            serialize_u32(u32) -> ();
            serialize_u64(u64) -> ();
            serialize_u128(u128) -> ();
            serialize_f32(f32) -> ();
            serialize_f64(f64) -> ();
            serialize_char(char) -> ();
            serialize_bytes(&[u8]) -> ();
            serialize_none() -> ();
            serialize_unit() -> ();
            serialize_unit_struct(&'static str) -> ();
            serialize_unit_variant(&'static str, u32, &'static str) -> ();
            serialize_seq(Option<usize>) -> Impossible<(), Other>;
            serialize_tuple(usize) -> Impossible<(), Other>;
            serialize_tuple_struct(&'static str, usize) -> Impossible<(), Other>;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Impossible<(), Other>;
            serialize_map(Option<usize>) -> Impossible<(), Other>;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Impossible<(), Other>;
        }

        #[inline]
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<(), Other> {
            Err(Other)
        }

        #[inline]
        fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Other> {
            Err(Other)
        }
    };
}

/// Takes the message, which is a struct.
struct Top<'o>(&'o mut Vec<u8>);

impl<'o> Serializer for Top<'o> {
    type SerializeStruct = Fields<'o>;

    leave_to_serde_json!(rest);

    leave_to_serde_json! {
        serialize_str(&str) -> ();
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Other> {
        Err(Other)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<(), Other> {
        Err(Other)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'o>, Other> {
        if name.starts_with(PRIVATE) {
            return Err(Other);
        }
        self.0.push(b'{');
        Ok(Fields { out: self.0, first: true })
    }
}

struct Fields<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Other;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Other> {
        let out = &mut *self.out;
        if !std::mem::take(&mut self.first) {
            out.push(b',');
        }
        text(out, key)?;
        out.push(b':');
        value.serialize(Text(&mut *out)).or_else(|_| serde_json::to_writer(out, value).map_err(|_| Other))
    }

    #[inline]
    fn end(self) -> Result<(), Other> {
        self.out.push(b'}');
        Ok(())
    }
}

/// Takes texts; of all else it writes nothing.
struct Text<'o>(&'o mut Vec<u8>);

impl Serializer for Text<'_> {
    type SerializeStruct = Impossible<(), Other>;

    leave_to_serde_json!(rest);

    leave_to_serde_json! {
        serialize_struct(&'static str, usize) -> Impossible<(), Other>;
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Other> {
        text(self.0, value)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Other> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Other> {
        if name.starts_with(PRIVATE) { Err(Other) } else { value.serialize(self) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use serde_json::{Value, json};

    #[derive(Serialize)]
    struct New<T>(T);

    #[derive(Serialize)]
    enum One {
        Unit,
        Of(String),
        With { text: &'static str },
    }

    #[derive(Serialize)]
    struct Message {
        #[serde(rename = "a \"key\"")]
        text: String,
        some: Option<New<&'static str>>,
        none: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u32>,
        number: f64,
        list: Vec<String>,
        map: BTreeMap<u32, New<Option<u8>>>,
        variants: [One; 3],
        letter: char,
        any: Value,
    }

    fn message(text: &str) -> Message {
        Message {
            text: text.to_owned(),
            some: Some(New("ä\u{7f}")),
            none: None,
            left_out: None,
            number: 0.1,
            list: vec![text.to_owned()],
            map: BTreeMap::from([(7, New(Some(1)))]),
            variants: [One::Unit, One::Of(text.to_owned()), One::With { text: "\u{1}" }],
            letter: '"',
            any: json!({ "n": 18_446_744_073_709_551_615_u64, "text": text }),
        }
    }

    fn same<T: Serialize>(value: &T) {
        let mut written = b"before".to_vec();
        let result = write(&mut written, value).map_err(|error| error.to_string());
        let expected = serde_json::to_vec(value).map_err(|error| error.to_string());
        assert_eq!(result.map(|()| &written[6..]), expected.as_deref().map_err(Clone::clone));
    }

    #[test]
    fn it_gives_what_serde_json_gives() {
        for length in (0..150).chain([4_096]) {
            let plain = "ab ".repeat(length);
            same(&message(&plain[..length]));
            for special in ["\"", "\\", "\n", "\u{1f}", "\u{7f}", "ß", "\u{2028}"] {
                let mut text = plain[..length].to_owned();
                text.insert_str(length - length / 3, special);
                same(&message(&text));
            }
        }
    }

    #[test]
    fn what_is_no_struct_is_left_to_serde_json() {
        #[derive(Serialize)]
        struct Empty {}
        #[derive(Serialize)]
        struct Flat {
            #[serde(flatten)]
            rest: Value,
        }
        same(&Empty {});
        same(&Flat { rest: json!({ "a": "b" }) });
        same(&New("a"));
        same(&"a");
        same(&json!({ "a": [1, null] }));
        same(&serde_json::value::to_raw_value(&json!({ "a": 1.5 })).unwrap());
    }

    #[test]
    fn what_cannot_be_written_is_refused_in_the_same_words() {
        #[derive(Serialize)]
        struct Keys {
            text: &'static str,
            map: BTreeMap<Vec<u8>, u8>,
        }
        same(&Keys { text: "a", map: BTreeMap::from([(vec![1], 1)]) });
    }
}
