//! Does a handler's pattern fit the type of its message? Asked in a `const`, so the answer is a compile error.

use crate::message::{FieldKind, MessageInfo};
use crate::pattern::{PatternInfo, ValueRef};

use super::text::Text;

/// Refuses, by a panic in a `const`, a pattern that no message of the type has, or that asks for a key that the
/// type does not know.
#[track_caller]
pub(super) const fn pattern_fits_message(pattern: &PatternInfo, message: &MessageInfo, handler: &str) {
    if !fits(pattern, message) {
        explain(pattern, message, handler);
    }
}

/// The quick answer, for nearly all handlers. It runs in the compiler once per handler, where a call is dear and
/// text is dearer: so it compares hashes, and asks for more only where they differ.
const fn fits(pattern: &PatternInfo, message: &MessageInfo) -> bool {
    let (asked, given) = (pattern.keys, message.pattern.keys);
    let mut i = 0;
    while i < given.len() {
        let mut j = 0;
        while j < asked.len() && asked[j].name_hash != given[i].name_hash {
            j += 1;
        }
        if j == asked.len()
            || asked[j].pair_hash != given[i].pair_hash && !covers(asked[j].value, given[i].value)
        {
            return false;
        }
        i += 1;
    }
    if message.open || asked.len() == given.len() {
        return true;
    }
    let mut j = 0;
    while j < asked.len() {
        let mut i = 0;
        while i < given.len() && asked[j].name_hash != given[i].name_hash {
            i += 1;
        }
        if i == given.len() && !listed(message.context, asked[j].name) {
            match field(message, asked[j].name) {
                Some(kind) if possible(kind, asked[j].value) => {}
                _ => return false,
            }
        }
        j += 1;
    }
    true
}

#[track_caller]
const fn explain(pattern: &PatternInfo, message: &MessageInfo, handler: &str) {
    let mut text = Text::<4096>::new();
    let mut i = 0;
    // Each key that the message type fixes must be asked for: a handler of `AddItem` without `role = "cart"`
    // would be given messages that are no `AddItem`.
    while i < message.pattern.keys.len() {
        let key = &message.pattern.keys[i];
        match find(pattern, key.name) {
            None => {
                text.add("handler `")
                    .add(handler)
                    .add("` takes `")
                    .add(message.name)
                    .add("`, but its pattern `")
                    .add(pattern.text)
                    .add("` does not ask for `")
                    .add_pair(key.name, key.value)
                    .add("`, which every `")
                    .add(message.name)
                    .add("` has; add it to the attribute\n");
            }
            Some(value) if !covers(value, key.value) => {
                text.add("handler `")
                    .add(handler)
                    .add("` takes `")
                    .add(message.name)
                    .add("`, whose key `")
                    .add(key.name)
                    .add("` is always `")
                    .add_value(key.value)
                    .add("`, but its pattern `")
                    .add(pattern.text)
                    .add("` asks for `")
                    .add_value(value)
                    .add("`: no message can be both; change the attribute or the message type\n");
            }
            Some(_) => {}
        }
        i += 1;
    }
    i = 0;
    while i < pattern.keys.len() {
        let key = &pattern.keys[i];
        if find(&message.pattern, key.name).is_none() && !message.open && !listed(message.context, key.name) {
            match field(message, key.name) {
                None => {
                    text.add("handler `")
                        .add(handler)
                        .add("` asks for key `")
                        .add(key.name)
                        .add("`, which is no field of `")
                        .add(message.name)
                        .add("`; add the field, or allow callers to add it with `context(")
                        .add(quote(key.name))
                        .add(key.name)
                        .add(quote(key.name))
                        .add(")` in the `#[message(…)]` of `")
                        .add(message.name)
                        .add("`\n");
                }
                Some(kind) if !possible(kind, key.value) => {
                    text.add("handler `")
                        .add(handler)
                        .add("` asks for `")
                        .add_pair(key.name, key.value)
                        .add("`, but field `")
                        .add(key.name)
                        .add("` of `")
                        .add(message.name)
                        .add("` is ")
                        .add(kind_name(kind))
                        .add(": it can never have that value\n");
                }
                Some(_) => {}
            }
        }
        i += 1;
    }
    text.refuse();
}

/// What stands round a name in `context(…)`: nothing round an identifier.
const fn quote(name: &str) -> &'static str {
    let name = name.as_bytes();
    let mut is_word = !name.is_empty() && !name[0].is_ascii_digit();
    let mut i = 0;
    while i < name.len() {
        is_word = is_word && (name[i].is_ascii_alphanumeric() || name[i] == b'_');
        i += 1;
    }
    if is_word { "" } else { "\"" }
}

const fn find(pattern: &PatternInfo, name: &str) -> Option<ValueRef<'static>> {
    let mut i = 0;
    while i < pattern.keys.len() {
        if same(pattern.keys[i].name, name) {
            return Some(pattern.keys[i].value);
        }
        i += 1;
    }
    None
}

pub(super) const fn listed(names: &[&str], name: &str) -> bool {
    let mut i = 0;
    while i < names.len() {
        if same(names[i], name) {
            return true;
        }
        i += 1;
    }
    false
}

pub(super) const fn field(message: &MessageInfo, name: &str) -> Option<FieldKind> {
    let mut i = 0;
    while i < message.fields.len() {
        if same(message.fields[i].name, name) {
            return Some(message.fields[i].kind);
        }
        i += 1;
    }
    None
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a message with `given` can satisfy `asked`.
const fn covers(asked: ValueRef<'_>, given: ValueRef<'_>) -> bool {
    match (asked, given) {
        (ValueRef::Str(a), ValueRef::Str(b)) => same(a, b),
        (ValueRef::Int(a), ValueRef::Int(b)) => a == b,
        (ValueRef::Bool(a), ValueRef::Bool(b)) => a == b,
        (ValueRef::Glob(glob), _) if same(glob, "*") => true,
        // Whether `ad?` fits `add` is decided when it runs: a glob over a fixed key is rare and legal.
        (ValueRef::Glob(_), ValueRef::Str(_)) => true,
        _ => false,
    }
}

pub(super) const fn possible(kind: FieldKind, value: ValueRef<'_>) -> bool {
    match (kind, value) {
        (FieldKind::Unknown, _)
        | (FieldKind::Str, ValueRef::Str(_) | ValueRef::Glob(_))
        | (FieldKind::Int, ValueRef::Int(_))
        | (FieldKind::Bool, ValueRef::Bool(_)) => true,
        (_, ValueRef::Glob(glob)) => same(glob, "*"),
        _ => false,
    }
}

const fn kind_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Str => "text",
        FieldKind::Int => "an integer",
        FieldKind::Bool => "a boolean",
        FieldKind::Never => "a list, map or floating-point number",
        FieldKind::Unknown => "of another type",
    }
}
