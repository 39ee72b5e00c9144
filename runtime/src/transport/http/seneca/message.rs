//! Messages as Seneca writes them: keys that end in `$` are directives and no part of the message.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::message::json::Scan;

/// The message without its directives. It has no closing brace yet: more may follow.
pub(super) fn open(scan: &Scan<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(scan.bytes().len() + 64);
    bytes.push(b'{');
    for (key, raw) in scan.iter().filter(|(key, _)| !key.ends_with('$')) {
        if bytes.len() > 1 {
            bytes.push(b',');
        }
        quote(&mut bytes, key);
        bytes.push(b':');
        bytes.extend_from_slice(raw.as_bytes());
    }
    bytes
}

/// Adds a directive to a message that [`open`] made.
pub(super) fn add(bytes: &mut Vec<u8>, key: &str, value: &Value) {
    if bytes.len() > 1 {
        bytes.push(b',');
    }
    quote(bytes, key);
    bytes.push(b':');
    bytes.extend_from_slice(value.to_string().as_bytes());
}

fn quote(bytes: &mut Vec<u8>, text: &str) {
    // Writing text to memory cannot fail.
    let _ = serde_json::to_writer(bytes, text);
}

/// A value as the scan found it.
pub(super) fn value(scan: &Scan<'_>, key: &str) -> Option<Value> {
    scan.get(key).map(|i| scan.entry_value(i))
}

/// Custom data as user context: what is no text as JSON text.
pub(super) fn context(custom: Option<Value>, context: &mut BTreeMap<Arc<str>, Arc<str>>) {
    let Some(Value::Object(custom)) = custom else { return };
    for (key, value) in custom {
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        context.insert(key.into(), value.into());
    }
}

/// User context as custom data.
pub(super) fn custom(context: &BTreeMap<Arc<str>, Arc<str>>) -> Value {
    let entries = context.iter().map(|(key, value)| (key.to_string(), Value::from(&**value)));
    Value::Object(entries.collect::<Map<_, _>>())
}
