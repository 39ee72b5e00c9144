//! `Scan` beside `serde_json`, which is the judge: on arbitrary bytes, on JSON that was made and then spoilt, and
//! for types of every shape.

#![expect(clippy::zero_sized_map_values, reason = "the keys are what is looked at")]

use matchbus::{
    message::json::{Limits, Scan},
    pattern::Scalar,
};
use proptest::{collection::vec, prelude::*};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::{self, Debug},
};

#[path = "json/twice.rs"]
mod twice;

// The oracle: what serde_json accepts, keys given twice apart.

/// Checks one text in every respect against `serde_json`.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let limits = Limits::default().depth(127);
    let scan = Scan::read(bytes, &limits);
    let oracle = serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object);
    let twice = oracle.is_some() && twice::twice(bytes);
    match (scan, oracle) {
        (Err(refused), Some(_)) => prop_assert!(twice && refused.is_duplicate_key(), "{refused}"),
        (Err(refused), None) => prop_assert!(refused.offset() <= bytes.len()),
        (Ok(_), None) => prop_assert!(false, "accepted, unlike serde_json"),
        (Ok(scan), Some(value)) => {
            prop_assert!(!twice, "a key given twice was accepted");
            check_accessors(&scan, &value)?;
            check_types(&scan)?;
        }
    }
    Ok(())
}

fn check_accessors(scan: &Scan<'_>, value: &Value) -> Result<(), TestCaseError> {
    prop_assert_eq!(&scan.to_value(), value);
    let object = value.as_object().unwrap();
    prop_assert_eq!(scan.len(), object.len());
    prop_assert_eq!(scan.is_empty(), object.is_empty());
    prop_assert_eq!(scan.iter().len(), scan.len());
    for (i, (key, raw)) in scan.iter().enumerate() {
        prop_assert_eq!((scan.key(i), scan.raw(i), scan.get(key)), (key, raw, Some(i)));
        let value = &object[key];
        prop_assert_eq!(&scan.entry_value(i), value);
        prop_assert_eq!(&serde_json::from_str::<Value>(raw).unwrap(), value);
        match (scan.scalar(i), value) {
            (Scalar::Str(a), Value::String(b)) => prop_assert_eq!(a, b),
            (Scalar::Int(a), Value::Number(b)) if raw != "-0" => prop_assert_eq!(Some(a), b.as_i64()),
            (Scalar::Int(a), Value::Number(_)) => prop_assert_eq!(a, 0),
            (Scalar::Float(a), Value::Number(b)) => {
                prop_assert_eq!(Some(a), b.as_f64());
                prop_assert!(raw.parse::<i64>().is_err());
            }
            (Scalar::Bool(a), Value::Bool(b)) => prop_assert_eq!(a, *b),
            (Scalar::Null, Value::Null)
            | (Scalar::List, Value::Array(_))
            | (Scalar::Object, Value::Object(_)) => {}
            (a, b) => prop_assert!(false, "{a:?} for {b}"),
        }
    }
    Ok(())
}

/// Decoding must give what `serde_json` gives, and fail where it fails, with the same words and place.
fn same<'a, T: Deserialize<'a> + Debug>(scan: &Scan<'a>) -> Result<(), TestCaseError> {
    match (scan.decode::<T>(), serde_json::from_slice::<T>(scan.bytes())) {
        // Debug output tells -0.0 from 0.0 and prints every bit that counts; NaN does not occur.
        (Ok(a), Ok(b)) => prop_assert_eq!(format!("{a:?}"), format!("{b:?}")),
        (Err(a), Err(b)) => {
            prop_assert!(b.to_string().starts_with(a.reason()), "{a} / {b}");
            prop_assert_eq!((a.line(), a.column()), (b.line(), b.column()));
            prop_assert!(a.path().starts_with('$'));
        }
        (a, b) => prop_assert!(false, "{}: {a:?} / {b:?}", std::any::type_name::<T>()),
    }
    Ok(())
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Owned {
    a: String,
    b: Option<u32>,
    #[serde(default)]
    c: f64,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Borrowed<'a> {
    #[serde(borrow)]
    a: Cow<'a, str>,
    b: Option<&'a str>,
    #[serde(borrow)]
    c: Option<&'a RawValue>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Raw<'a> {
    #[serde(borrow)]
    a: &'a RawValue,
    b: Option<Box<RawValue>>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Strict {
    a: Option<IgnoredAny>,
    b: Option<Inner>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Inner {
    a: Option<i8>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Flat {
    a: Value,
    #[serde(flatten)]
    rest: HashMap1,
}
type HashMap1 = BTreeMap<String, Value>;

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
enum External {
    A,
    #[serde(rename = "a")]
    New(u8),
    #[serde(rename = "b")]
    Tuple(i32, String),
    #[serde(rename = "c")]
    Struct {
        a: f32,
    },
    #[serde(rename = "d")]
    Unit,
}

#[derive(Deserialize, Debug)]
#[serde(tag = "a")]
#[allow(dead_code)]
enum Internal {
    #[serde(rename = "b")]
    B { b: i64 },
    #[serde(rename = "a")]
    A(BTreeMap<String, Value>),
}

#[derive(Deserialize, Debug)]
#[serde(tag = "a", content = "b")]
#[allow(dead_code)]
enum Adjacent {
    #[serde(rename = "a")]
    A(i16),
    #[serde(rename = "b")]
    B { a: bool },
    #[serde(rename = "c")]
    C,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
#[allow(dead_code)]
enum Untagged {
    Numbers { a: u64 },
    Text { a: String },
    Any(BTreeMap<String, f64>),
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Newtype<T>(T);

#[derive(Deserialize, Debug)]
struct Nothing;

/// A field of any type, and one that may be missing.
#[derive(Deserialize, Debug)]
#[serde(bound = "T: DeserializeOwned")]
#[allow(dead_code)]
struct Field<T> {
    a: T,
    b: Option<T>,
}

/// Reads bytes, as `serde_bytes` does.
#[derive(Debug)]
#[allow(dead_code)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

/// Reads one pair and stops, which `serde_json` does not allow.
#[derive(Debug)]
#[allow(dead_code)]
struct FirstOnly(Option<String>);

impl<'de> Deserialize<'de> for FirstOnly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FirstVisitor;
        impl<'de> Visitor<'de> for FirstVisitor {
            type Value = FirstOnly;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FirstOnly, A::Error> {
                let pair = map.next_entry::<String, IgnoredAny>()?;
                Ok(FirstOnly(pair.map(|(key, _)| key)))
            }
        }
        deserializer.deserialize_map(FirstVisitor)
    }
}

/// Swallows errors, after which `serde_json` can go on in some cases and not in others.
#[derive(Debug)]
#[allow(dead_code)]
struct Lenient<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Lenient(T::deserialize(deserializer).ok()))
    }
}

/// Reads nothing at all, against serde's rules; at the top level this is not noticed.
#[derive(Debug)]
struct Absent;

impl<'de> Deserialize<'de> for Absent {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Absent)
    }
}

/// A map whose every key and value may be of another type than JSON's own.
type Keyed<K> = BTreeMap<K, IgnoredAnyEq>;

#[derive(Deserialize, Debug)]
struct IgnoredAnyEq;

macro_rules! check_all {
    ($scan:ident: $($type:ty),* $(,)?) => { $(same::<$type>($scan)?;)* };
}

fn check_types<'a>(scan: &Scan<'a>) -> Result<(), TestCaseError> {
    check_all!(scan:
        Value, BTreeMap<String, Value>, BTreeMap<Cow<'a, str>, IgnoredAny>, BTreeMap<&'a str, &'a RawValue>,
        Owned, Borrowed<'a>, Raw<'a>, Strict, Inner, Flat, External, Internal, Adjacent, Untagged,
        Newtype<Owned>, Option<Owned>, Newtype<Option<Value>>, &'a RawValue, Box<RawValue>, FirstOnly,
        // What no object is.
        (), Nothing, bool, u8, i128, f64, char, String, &'a str, Vec<u8>, (u8, u8), Bytes,
        // Fields.
        Field<bool>, Field<i8>, Field<i16>, Field<i32>, Field<i64>, Field<i128>, Field<u8>, Field<u16>, Field<u32>,
        Field<u64>, Field<u128>, Field<f32>, Field<f64>, Field<char>, Field<String>, Field<()>, Field<Nothing>,
        Field<Newtype<u16>>, Field<Newtype<Newtype<String>>>, Field<Option<Option<u8>>>, Field<Vec<Value>>,
        Field<(u8, String)>, Field<[f64; 2]>, Field<Bytes>, Field<External>, Field<Internal>, Field<Adjacent>,
        Field<Untagged>, Field<Owned>, Field<Value>, Field<IgnoredAny>, Field<Box<RawValue>>, Field<Strict>,
        Field<Newtype<(i32, f32)>>, Field<BTreeMap<String, i64>>, Field<BTreeMap<u64, Value>>,
        // The same, further down.
        Field<Field<bool>>, Field<Field<u8>>, Field<Field<i64>>, Field<Field<i128>>, Field<Field<u128>>,
        Field<Field<f32>>, Field<Field<f64>>, Field<Field<char>>, Field<Field<String>>, Field<Field<()>>,
        Field<Field<Newtype<u16>>>, Field<Field<Option<Option<u8>>>>, Field<Field<Bytes>>, Field<Field<External>>,
        Field<Field<Internal>>, Field<Field<Adjacent>>, Field<Field<Untagged>>, Field<Field<Value>>,
        Field<Field<IgnoredAny>>, Field<Field<Box<RawValue>>>, Field<Field<(u8, String)>>, Field<Field<[f64; 2]>>,
        Field<Flat>, Field<Inner>, Field<FirstOnly>, Field<Field<FirstOnly>>, Field<Vec<FirstOnly>>,
        Field<Vec<u64>>, Field<Vec<i128>>, Field<Vec<f64>>, Field<Vec<Option<String>>>, Field<Vec<External>>,
        Field<Vec<Field<IgnoredAny>>>, Field<Vec<Box<RawValue>>>, Field<Vec<Bytes>>, Field<Vec<()>>,
        Field<Keyed<i64>>, Field<Keyed<bool>>, Field<Keyed<NewtypeNumber>>, Field<BTreeMap<Key, IgnoredAny>>,
        BTreeMap<&'a str, Value>, BTreeMap<String, Borrowed<'a>>, BTreeMap<String, Raw<'a>>, BTreeMap<String, Strict>,
        BTreeMap<String, Vec<f64>>, BTreeMap<String, BTreeMap<&'a str, &'a RawValue>>,
        // Types that do not read properly.
        Lenient<Owned>, Lenient<External>, Field<Lenient<u8>>, Field<Lenient<i128>>, Field<Lenient<String>>,
        Field<Lenient<Field<u8>>>, Field<Lenient<Strict>>, Field<Lenient<Vec<u8>>>, Field<Lenient<External>>,
        Field<Lenient<Bytes>>, Field<Vec<Lenient<u8>>>, Field<Vec<Lenient<i128>>>, Field<Vec<Lenient<String>>>,
        Field<Vec<Lenient<Vec<u8>>>>, Field<Vec<Lenient<External>>>, Field<Field<Lenient<u16>>>,
        Field<Vec<Lenient<bool>>>, Field<Vec<Lenient<()>>>, Field<Vec<Lenient<f32>>>,
        Field<Field<Absent>>, Field<Vec<Absent>>, Lenient<FirstOnly>,
        // Keys.
        Keyed<i8>, Keyed<u64>, Keyed<i128>, Keyed<bool>, Keyed<char>, Keyed<Option<String>>, Keyed<(u8, u8)>,
        BTreeMap<Key, IgnoredAny>, BTreeMap<NewtypeKey, IgnoredAny>, BTreeMap<NewtypeNumber, Value>,
    );
    // A map with random order has no stable Debug output.
    prop_assert_eq!(
        scan.decode::<HashMap<String, Value>>().unwrap(),
        serde_json::from_slice::<HashMap<String, Value>>(scan.bytes()).unwrap()
    );
    Ok(())
}

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Key {
    A,
    B,
    C,
    D,
}

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NewtypeKey(String);

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NewtypeNumber(i32);

// Input.

/// JSON text of a string, with every way of writing a character.
fn string_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-d]{1,2}",
        1 => "[a-z ]{7,20}",
        2 => "[0-9]{1,4}",
        1 => any::<char>().prop_filter("needs an escape", |c| *c >= ' ' && *c != '"' && *c != '\\').prop_map(String::from),
        1 => any::<u16>().prop_filter("a surrogate", |n| !(0xD800..0xE000).contains(n)).prop_map(|n| format!("\\u{n:04x}")),
        1 => any::<u16>().prop_map(|n| format!("\\u{:04X}\\u{:04x}", 0xD800 | (n & 0x3FF), 0xDC00 | (n >> 6))),
        1 => Just("\\u0061".to_owned()),
        1 => prop::sample::select(vec!["\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t"]).prop_map(String::from),
        1 => Just("true".to_owned()),
        1 => Just("-1".to_owned()),
    ];
    vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn number_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<i16>().prop_map(|n| n.to_string()),
        2 => (any::<i32>(), 1..100_000u32).prop_map(|(n, fraction)| format!("{n}.{fraction}")),
        2 => any::<f64>().prop_filter("not a number", |n| n.is_finite()).prop_map(|n| format!("{n:e}")),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => any::<u64>().prop_map(|n| n.to_string()),
        1 => any::<i128>().prop_map(|n| n.to_string()),
        1 => any::<u128>().prop_map(|n| n.to_string()),
        2 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        1 => "-?[1-9][0-9]{290,330}(\\.5)?",
        1 => Just("-0".to_owned()),
        1 => Just("1.0".to_owned()),
    ]
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n\t\r ")]
}

fn object_text(value: impl Strategy<Value = String> + Clone, keys: usize) -> impl Strategy<Value = String> {
    let key = prop_oneof![
        4 => prop::sample::select(vec!["\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"\\u0061\""]).prop_map(String::from),
        1 => string_text(),
        1 => number_text().prop_map(|n| format!("\"{n}\"")),
    ];
    vec((space(), key, space(), space(), value, space()), 0..keys).prop_map(|pairs| {
        let pairs: Vec<String> =
            pairs.into_iter().map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}")).collect();
        format!("{{{}}}", pairs.join(","))
    })
}

fn message_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => string_text(),
        3 => number_text(),
        1 => prop::sample::select(vec!["true", "false", "null", "[]", "{}", "{ }", "[ ]"]).prop_map(String::from),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            object_text(inner.clone().boxed(), 5),
            vec((space(), inner, space()), 0..4).prop_map(|values| {
                let values: Vec<String> = values.into_iter().map(|(a, v, b)| format!("{a}{v}{b}")).collect();
                format!("[{}]", values.join(","))
            }),
        ]
    });
    (space(), object_text(value.boxed(), 6), space()).prop_map(|(a, object, b)| format!("{a}{object}{b}"))
}

/// A valid message with a few bytes changed, put in, taken out or cut off.
fn spoilt_message() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"{}[]:,\"\\ \n0123456789.eE+-tfnu/\0\x1f\x7f\x80\xc3\xff".to_vec()),
        1 => any::<u8>(),
    ];
    (message_text(), vec((any::<prop::sample::Index>(), 0..4u8, byte), 1..4)).prop_map(|(text, changes)| {
        let mut bytes = text.into_bytes();
        for (place, how, byte) in changes {
            let at = place.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_messages(text in message_text()) {
        check(text.as_bytes())?;
    }

    #[test]
    fn spoilt_messages(bytes in spoilt_message()) {
        check(&bytes)?;
    }

    #[test]
    fn arbitrary_bytes(bytes in vec(any::<u8>(), 0..64)) {
        check(&bytes)?;
    }

    #[test]
    fn numbers(text in number_text()) {
        check(format!("{{\"a\":{text}}}").as_bytes())?;
        check(format!("{{\"a\":[{text}],\"b\":{text}}}").as_bytes())?;
    }

    #[test]
    fn strings(text in string_text(), long in "[ -~]{0,200}") {
        check(format!("{{\"a\":{text},{text}:1}}").as_bytes())?;
        check(format!("{{\"a\":\"{long}\",\"b\":1}}").as_bytes())?;
    }
}
