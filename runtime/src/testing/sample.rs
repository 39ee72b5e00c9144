//! A message made up for a type that says nothing of itself but why it refuses one: serde's own words lead the way.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::list::List;
use crate::message::{FieldKind, MessageInfo};
use crate::sort::gather;

/// How often a message is changed before the type is given up.
const MOST: usize = 500;

/// What is tried where serde does not say what it expects: forms that types with a reader of their own often have.
const GUESSES: &[&str] = &[
    "\"a\"",
    "1",
    "true",
    "{}",
    "[{}]",
    "null",
    "1.5",
    "\"1\"",
    "\"2020-01-01T00:00:00Z\"",
    "\"2020-01-01\"",
    "\"00000000-0000-4000-8000-000000000000\"",
    "\"127.0.0.1\"",
    "\"http://localhost/\"",
    "\"1s\"",
    "{\"a\":{}}",
];

/// A message that the type accepts, without the keys of its pattern; `None` if it cannot be found.
pub(super) fn sample(message: &MessageInfo) -> Option<Value> {
    let first = |kind| match kind {
        FieldKind::Str => json!("a"),
        FieldKind::Int => json!(1),
        FieldKind::Bool => json!(true),
        // A map, so that an optional structure is looked into.
        _ => json!({}),
    };
    let fields = message.fields.iter().map(|field| (field.name.to_owned(), first(field.kind)));
    let mut sample = Value::Object(gather(fields));
    let mut tried = Vec::new();
    for _ in 0..MOST {
        let written = Written::of(&sample);
        match (message.try_read)(written.text.as_bytes()) {
            Ok(()) => return Some(sample),
            Err(why) => mend(&mut sample, &written, &why, &mut tried)?,
        }
    }
    None
}

/// The paths (RFC 6901) of every object in a value.
pub(super) fn objects(value: &Value) -> Vec<String> {
    let written = Written::of(value);
    let is_object = |path: &&String| value.pointer(path).is_some_and(Value::is_object);
    written.places.iter().map(|place| &place.path).filter(is_object).cloned().list()
}

/// Changes what `why` complains about to something that was not tried there; `None` if there is nothing left.
fn mend(sample: &mut Value, written: &Written, why: &str, tried: &mut Vec<(String, Value)>) -> Option<()> {
    let (why, column) = why.rsplit_once(" at line 1 column ")?;
    // Of a list or a map serde_json tells what was read before it, of anything else what was read with it.
    let unread = ["invalid type: map", "invalid type: sequence"].iter().any(|begin| why.starts_with(begin));
    let at = column.parse::<usize>().ok()?.saturating_sub(usize::from(!unread));
    if let Some(field) = why.strip_prefix("missing field ") {
        let path = written.innermost(at, &Value::is_object, sample)?;
        let object = sample.pointer_mut(&path)?.as_object_mut()?;
        object.insert(field.trim_matches('`').to_owned(), json!({}));
        return Some(());
    }
    let path = written.innermost(at, &|_| true, sample)?;
    let expected = why.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    let place = sample.pointer_mut(&path)?;
    let told = match &*place {
        Value::String(variant) if why.starts_with("invalid type: unit variant") => {
            Some(json!({ variant: {} }))
        }
        _ => said(expected),
    };
    let guesses = GUESSES.iter().filter_map(|guess| serde_json::from_str(guess).ok());
    let is_new = |new: &Value| !tried.iter().any(|(at, value)| *at == path && value == new);
    let new = told.into_iter().chain(guesses).find(is_new)?;
    tried.push((path, new.clone()));
    *place = new;
    Some(())
}

/// A value of the kind that serde says it expects.
fn said(expected: &str) -> Option<Value> {
    let has = |words: &[&str]| words.iter().any(|word| expected.contains(word));
    if expected.starts_with("one of `") || expected.starts_with('`') {
        return expected.split('`').nth(1).map(Value::from);
    }
    if let Some((_, size)) = expected.split_once("of size ").or_else(|| expected.split_once("of length ")) {
        let digits: String = size.chars().take_while(char::is_ascii_digit).collect();
        return digits
            .parse()
            .ok()
            .filter(|size| *size < 100)
            .map(|size| Value::Array(vec![json!({}); size]));
    }
    Some(if has(&["string", "character"]) {
        json!("a")
    } else if has(&["sequence", "list"]) {
        json!([{}])
    } else if has(&["boolean"]) {
        json!(true)
    } else if has(&["f32", "f64", "float"]) {
        json!(1.5)
    } else if has(&["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "size", "integer"])
    {
        json!(1)
    } else if has(&["unit"]) {
        Value::Null
    } else if has(&["map", "struct"]) {
        json!({})
    } else {
        return None;
    })
}

/// A value as text, and where each part of it stands there.
struct Written {
    text: String,
    places: Vec<Place>,
}

struct Place {
    begin: usize,
    end: usize,
    path: String,
}

impl Written {
    fn of(value: &Value) -> Self {
        let mut written = Written { text: String::new(), places: Vec::new() };
        written.write(value, String::new());
        written
    }

    fn write(&mut self, value: &Value, path: String) {
        let begin = self.text.len();
        match value {
            Value::Object(map) => {
                self.text.push('{');
                for (i, (key, value)) in map.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    let _ = write!(self.text, "{comma}{}:", Value::from(&**key));
                    self.write(value, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")));
                }
                self.text.push('}');
            }
            Value::Array(list) => {
                self.text.push('[');
                for (i, value) in list.iter().enumerate() {
                    self.text += if i == 0 { "" } else { "," };
                    self.write(value, format!("{path}/{i}"));
                }
                self.text.push(']');
            }
            other => {
                let _ = write!(self.text, "{other}");
            }
        }
        self.places.push(Place { begin, end: self.text.len(), path });
    }

    /// The path of the smallest fitting part that has the byte `at`.
    fn innermost(&self, at: usize, fits: &dyn Fn(&Value) -> bool, value: &Value) -> Option<String> {
        let has = |place: &&Place| (place.begin..place.end).contains(&at);
        let fitting = |place: &&Place| value.pointer(&place.path).is_some_and(fits);
        let found =
            self.places.iter().filter(has).filter(fitting).min_by_key(|place| place.end - place.begin);
        found.map(|place| place.path.clone())
    }
}

pub(super) const UNKNOWN_KEY: &str = "matchbus-test:unknown-key";

/// A key that nobody has, with a value that nobody expects.
pub(super) fn with_unknown_key(value: &Value, path: &str) -> Value {
    let mut value = value.clone();
    if let Some(Value::Object(object)) = value.pointer_mut(path) {
        object.insert(UNKNOWN_KEY.to_owned(), json!({ "may": ["be", "anything"] }));
    }
    value
}
