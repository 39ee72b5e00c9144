//! Two JSON Schemas of one type, before and after a change: can whoever reads still read all that is written?

use serde_json::{Map, Value};

use crate::list::{List, join};
use crate::sort::distinct;

/// Which way the values go: a message from old callers to the new handler, a reply from the new handler to old callers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Message,
    Reply,
    Error,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Message => "the message",
            Side::Reply => "the reply",
            Side::Error => "the error",
        }
    }

    /// The writer's part and the reader's.
    fn turned<T>(self, old: T, now: T) -> (T, T) {
        match self {
            Side::Message => (old, now),
            Side::Reply | Side::Error => (now, old),
        }
    }
}

/// A schema and the root that its references are looked up in.
type Rooted<'a> = (&'a Value, &'a Value);

pub(super) fn compare_schemas(
    side: Side,
    path: &str,
    old: Rooted<'_>,
    now: Rooted<'_>,
    say: &mut dyn FnMut(String),
    depth: usize,
) {
    // A type that contains itself has no end; what is new so deep down is rare.
    if depth > 16 {
        return;
    }
    let (old, now) = (Form::of(old), Form::of(now));
    let (writer, reader) = side.turned(&old, &now);
    if let Some(more) = unreadable(writer, reader) {
        say(format!("{path} of {} {more}; keep the type, or use a new field", side.name()));
        return;
    }
    compare_variants(side, path, &old, &now, say, depth);
    compare_fields(side, path, &old, &now, say, depth);
    if let (Some(old_parts), Some(now_parts)) = (old.parts(), now.parts()) {
        for (n, (old_part, now_part)) in old_parts.iter().zip(now_parts).enumerate() {
            let path = format!("{path}[{n}]");
            compare_schemas(side, &path, (old_part, old.schema.1), (now_part, now.schema.1), say, depth + 1);
        }
    }
    for (key, name) in [("items", "[]"), ("additionalProperties", ".*")] {
        let (old_each, now_each) = (old.schema.0.get(key), now.schema.0.get(key));
        if let (Some(old_each @ Value::Object(_)), Some(now_each @ Value::Object(_))) = (old_each, now_each) {
            let path = format!("{path}{name}");
            compare_schemas(side, &path, (old_each, old.schema.1), (now_each, now.schema.1), say, depth + 1);
        }
    }
}

/// A schema without what stands around it: references, and that it may be null.
struct Form<'a> {
    schema: Rooted<'a>,
    nullable: bool,
}

impl<'a> Form<'a> {
    fn of(schema: Rooted<'a>) -> Self {
        let (schema, root) = resolve(schema);
        // schemars writes an `Option` of a type that has a name as one of two.
        let null = |part: &Value| part.get("type").and_then(Value::as_str) == Some("null");
        let some = match schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([some, none]) if null(none) => Some(some),
            _ => None,
        };
        match some {
            Some(some) => Form { schema: resolve((some, root)), nullable: true },
            None => Form { schema: (schema, root), nullable: false },
        }
    }

    /// The kinds of JSON values that are allowed; `None` where it does not say.
    fn kinds(&self) -> Option<Vec<String>> {
        let mut kinds = match self.schema.0.get("type") {
            Some(Value::String(kind)) => vec![kind.clone()],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).map(str::to_owned).list(),
            _ => return None,
        };
        if self.nullable {
            kinds.push("null".to_owned());
        }
        Some(distinct(kinds))
    }

    /// Whether every JSON value is allowed.
    fn is_anything(&self) -> bool {
        const SAYING: [&str; 7] = ["type", "$ref", "enum", "const", "oneOf", "anyOf", "allOf"];
        match self.schema.0 {
            Value::Object(schema) => !SAYING.iter().any(|key| schema.contains_key(*key)),
            other => *other == Value::Bool(true),
        }
    }

    /// Words of an `enum` without data.
    fn words(&self) -> Option<Vec<String>> {
        if let Some(Value::Array(words)) = self.schema.0.get("enum") {
            return Some(distinct(words.iter().map(ToString::to_string)));
        }
        // schemars writes an enum with docs as one `const` for each variant.
        let variants = self.schema.0.get("oneOf")?.as_array()?;
        let words = variants.iter().map(|variant| variant.get("const").map(ToString::to_string));
        words.collect::<Option<Vec<_>>>().map(distinct)
    }

    /// The variants of an `enum` with their names.
    fn variants(&self) -> Option<Vec<(String, &'a Value)>> {
        let variants = self.schema.0.get("oneOf")?.as_array()?;
        let mut all = Vec::new();
        for variant in variants {
            if let Some(Value::Array(words)) = variant.get("enum") {
                for word in words {
                    all.push((word.to_string(), variant));
                }
            } else {
                all.push((variant_name(variant)?, variant));
            }
        }
        Some(all)
    }

    /// The parts of a tuple.
    fn parts(&self) -> Option<&'a Vec<Value>> {
        self.schema.0.get("prefixItems")?.as_array()
    }

    /// The fields of an object.
    fn fields(&self) -> Option<&'a Map<String, Value>> {
        self.schema.0.get("properties")?.as_object()
    }

    /// The least and the greatest integer.
    fn range(&self) -> Option<(i128, i128)> {
        let schema = self.schema.0;
        let (low, high) = match schema.get("format").and_then(Value::as_str) {
            Some("int8") => (i8::MIN.into(), i8::MAX.into()),
            Some("int16") => (i16::MIN.into(), i16::MAX.into()),
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            Some("int64" | "int") => (i64::MIN.into(), i64::MAX.into()),
            Some("uint8") => (0, u8::MAX.into()),
            Some("uint16") => (0, u16::MAX.into()),
            Some("uint32") => (0, u32::MAX.into()),
            Some("uint64" | "uint") => (0, u64::MAX.into()),
            _ => return None,
        };
        let given = |key: &str| {
            let number = schema.get(key)?;
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
        };
        Some((given("minimum").map_or(low, |n| n.max(low)), given("maximum").map_or(high, |n| n.min(high))))
    }
}

/// What the writer can write and the reader cannot read, whatever is in it.
fn unreadable(writer: &Form<'_>, reader: &Form<'_>) -> Option<String> {
    if reader.is_anything() {
        return None;
    }
    if writer.is_anything() {
        return Some("can be anything for one side and is of one type for the other".to_owned());
    }
    let (written, read) = (writer.kinds(), reader.kinds());
    if let (Some(written), Some(read)) = (&written, &read) {
        // Every integer is a number.
        let widened = has(read, "number");
        let mut unknown = beyond(written, read);
        unknown.retain(|kind| !(widened && *kind == "integer"));
        if !unknown.is_empty() {
            let (written, read) = (join(&unknown, " or "), join(read, " or "));
            return Some(format!("can be {written} for one side and is {read} for the other"));
        }
    } else if writer.nullable && !reader.nullable {
        return Some("can be null for one side and never is for the other".to_owned());
    }
    let only_text = written.is_some_and(|kinds| has(&kinds, "string"));
    if let (None, Some(words), true) = (writer.words(), reader.words(), only_text) {
        let words = join(&words, ", ");
        return Some(format!("can be any text for one side, and the other knows only {words}"));
    }
    if let (Some((low, high)), Some((least, most))) = (writer.range(), reader.range()) {
        if high > most {
            return Some(format!("can be up to {high} for one side, and the other takes at most {most}"));
        }
        if low < least {
            return Some(format!("can be down to {low} for one side, and the other takes at least {least}"));
        }
    }
    let parts = |form: &Form<'_>| form.parts().map(Vec::len);
    match (parts(writer), parts(reader)) {
        (Some(written), Some(read)) if written != read => {
            let s = if written == 1 { "" } else { "s" };
            Some(format!("has {written} part{s} for one side and {read} for the other"))
        }
        _ => None,
    }
}

fn compare_fields(
    side: Side,
    path: &str,
    old: &Form<'_>,
    now: &Form<'_>,
    say: &mut dyn FnMut(String),
    depth: usize,
) {
    let (old_required, now_required) = (required(old.schema.0), required(now.schema.0));
    match side {
        Side::Message => {
            for field in beyond(&now_required, &old_required) {
                say(format!(
                    "{path}.{field} of the message is now required: callers that do not know it are refused; make it an \
                     `Option` or give it `#[serde(default)]`"
                ));
            }
        }
        Side::Reply | Side::Error => {
            for field in beyond(&old_required, &now_required) {
                let side = side.name();
                say(format!(
                    "{path}.{field} of {side} is no longer certain to be there: callers that read it fail; keep it"
                ));
            }
        }
    }
    if let (Some(old_fields), Some(now_fields)) = (old.fields(), now.fields()) {
        for (name, old_field) in old_fields {
            if let Some(now_field) = now_fields.get(name) {
                let path = format!("{path}.{name}");
                compare_schemas(
                    side,
                    &path,
                    (old_field, old.schema.1),
                    (now_field, now.schema.1),
                    say,
                    depth + 1,
                );
            }
        }
    }
}

/// An `enum`: whoever reads must know every variant that can be written, and what is in it.
fn compare_variants(
    side: Side,
    path: &str,
    old: &Form<'_>,
    now: &Form<'_>,
    say: &mut dyn FnMut(String),
    depth: usize,
) {
    let names = |form: &Form<'_>| {
        let of_variants = || Some(distinct(form.variants()?.into_iter().map(|(name, _)| name)));
        form.words().or_else(of_variants)
    };
    let (Some(old_names), Some(now_names)) = (names(old), names(now)) else { return };
    let (writer, reader) = side.turned(old_names, now_names);
    let unknown = beyond(&writer, &reader);
    if !unknown.is_empty() {
        say(format!(
            "{path} of {} can be {}, which the other side does not know; keep the words that were there, and add new ones \
             only where both sides can read them",
            side.name(),
            join(&unknown, " or ")
        ));
    }
    let now_variants = now.variants().unwrap_or_default();
    for (name, old_variant) in old.variants().unwrap_or_default() {
        let Some((_, now_variant)) = now_variants.iter().find(|(other, _)| *other == name) else { continue };
        let path = format!("{path}({})", name.trim_matches('"'));
        compare_schemas(
            side,
            &path,
            (old_variant, old.schema.1),
            (now_variant, now.schema.1),
            say,
            depth + 1,
        );
    }
}

/// The name of a variant: its word, its tag, or its only key.
fn variant_name(variant: &Value) -> Option<String> {
    if let Some(word) = variant.get("const") {
        return Some(word.to_string());
    }
    let required = required(variant);
    let tag = variant.get("properties").and_then(Value::as_object).and_then(|properties| {
        properties.iter().find_map(|(name, field)| field.get("const").filter(|_| required.contains(name)))
    });
    if let Some(tag) = tag {
        return Some(tag.to_string());
    }
    let mut keys = required.into_iter();
    keys.next().filter(|_| keys.next().is_none()).map(|key| Value::from(key).to_string())
}

fn resolve((schema, root): Rooted<'_>) -> Rooted<'_> {
    let mut schema = schema;
    for _ in 0..8 {
        // Beside other keys the reference is only a part, such as of a variant with a tag.
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
        if schema.get("properties").is_some() {
            break;
        }
        let Some(target) = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else {
            break;
        };
        schema = target;
    }
    (schema, root)
}

fn required(schema: &Value) -> Vec<String> {
    let list = schema.get("required").and_then(Value::as_array);
    distinct(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned))
}

/// Those names that the others have not.
fn beyond<'a>(names: &'a [String], others: &[String]) -> Vec<&'a str> {
    names.iter().map(String::as_str).filter(|name| !has(others, name)).list()
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one == name)
}
