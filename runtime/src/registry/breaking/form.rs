//! What a JSON Schema says, in the few questions that a comparison asks.

use serde_json::{Map, Value};

use crate::list::{List, join};
use crate::sort::distinct;

/// A schema and the root that its references are looked up in.
pub(super) type Rooted<'a> = (&'a Value, &'a Value);

/// A schema without what stands around it: references, and that it may be null.
pub(super) struct Form<'a> {
    pub(super) schema: Rooted<'a>,
    pub(super) nullable: bool,
}

impl<'a> Form<'a> {
    pub(super) fn of(schema: Rooted<'a>) -> Self {
        let mut form = Form { schema: resolve(schema), nullable: false };
        // schemars writes an `Option` of a type that has a name as one of two; it may be that of an `Option` again.
        for _ in 0..8 {
            let Some(all) = form.any_of() else { break };
            form.nullable |= all.iter().any(is_null);
            let mut some = all.iter().filter(|one| !is_null(one));
            match (some.next(), some.next()) {
                (Some(one), None) => form.schema = resolve((one, form.schema.1)),
                _ => break,
            }
        }
        form
    }

    fn any_of(&self) -> Option<&'a Vec<Value>> {
        self.schema.0.get("anyOf")?.as_array()
    }

    /// Whether it is an `enum` without a tag.
    pub(super) fn has_alternatives(&self) -> bool {
        self.any_of().is_some()
    }

    /// The types of which a value has one, but for null.
    pub(super) fn each(&self) -> Vec<Rooted<'a>> {
        let Some(all) = self.any_of() else { return vec![self.schema] };
        all.iter().filter(|one| !is_null(one)).map(|one| self.rooted(one)).list()
    }

    /// How a person would call it.
    pub(super) fn name(&self) -> String {
        match self.kinds() {
            Some(kinds) => join(&kinds, " or "),
            None => self.words().map_or_else(|| "another type".to_owned(), |words| join(&words, " or ")),
        }
    }

    /// The kinds of JSON values that are allowed; `None` where it does not say.
    pub(super) fn kinds(&self) -> Option<Vec<String>> {
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
    pub(super) fn is_anything(&self) -> bool {
        const SAYING: [&str; 7] = ["type", "$ref", "enum", "const", "oneOf", "anyOf", "allOf"];
        match self.schema.0 {
            Value::Object(schema) => !SAYING.iter().any(|key| schema.contains_key(*key)),
            other => *other == Value::Bool(true),
        }
    }

    /// Words of an `enum` without data.
    pub(super) fn words(&self) -> Option<Vec<String>> {
        if let Some(Value::Array(words)) = self.schema.0.get("enum") {
            return Some(distinct(words.iter().map(ToString::to_string)));
        }
        if let Some(word) = self.schema.0.get("const") {
            return Some(vec![word.to_string()]);
        }
        // schemars writes an enum with docs as one `const` for each variant.
        let variants = self.schema.0.get("oneOf")?.as_array()?;
        let words = variants.iter().map(|variant| variant.get("const").map(ToString::to_string));
        words.collect::<Option<Vec<_>>>().map(distinct)
    }

    /// The variants of an `enum` with their names.
    pub(super) fn variants(&self) -> Option<Vec<(String, &'a Value)>> {
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

    /// What is within, with the root of its references.
    pub(super) fn rooted(&self, within: &'a Value) -> Rooted<'a> {
        (within, self.schema.1)
    }

    /// What a list has.
    pub(super) fn items(&self) -> Option<Rooted<'a>> {
        self.schema.0.get("items").filter(|items| items.is_object()).map(|items| self.rooted(items))
    }

    /// What the data of a variant with a tag are, beside the tag.
    pub(super) fn beside(&self) -> Option<Rooted<'a>> {
        self.fields()?;
        target(self.schema).map(|data| self.rooted(data))
    }

    /// The parts of a tuple.
    pub(super) fn parts(&self) -> Option<&'a Vec<Value>> {
        self.schema.0.get("prefixItems")?.as_array()
    }

    /// The fields of an object.
    pub(super) fn fields(&self) -> Option<&'a Map<String, Value>> {
        self.schema.0.get("properties")?.as_object()
    }

    /// What a key is: a field, or one of those beyond them.
    pub(super) fn field(&self, name: &str) -> Option<Rooted<'a>> {
        let field = self.fields().and_then(|fields| fields.get(name));
        field.map(|field| self.rooted(field)).or_else(|| self.more())
    }

    /// What keys beyond the fields are, if they have a type.
    pub(super) fn more(&self) -> Option<Rooted<'a>> {
        self.schema
            .0
            .get("additionalProperties")
            .filter(|more| more.is_object())
            .map(|more| self.rooted(more))
    }

    /// Whether keys beyond the fields are refused.
    pub(super) fn is_closed(&self) -> bool {
        self.schema.0.get("additionalProperties") == Some(&Value::Bool(false))
    }

    /// The fields that are always there.
    pub(super) fn required(&self) -> Vec<String> {
        required(self.schema.0)
    }

    /// What text must look like, such as `uuid`.
    pub(super) fn looks(&self) -> Option<&'a str> {
        self.schema.0.get("format").filter(|_| self.is("string"))?.as_str()
    }

    /// How many a list has, at least and at most.
    pub(super) fn length(&self) -> Option<(u64, u64)> {
        let given = |key: &str| self.schema.0.get(key).and_then(Value::as_u64);
        self.is("array").then(|| (given("minItems").unwrap_or(0), given("maxItems").unwrap_or(u64::MAX)))
    }

    /// The least and the greatest integer.
    pub(super) fn range(&self) -> Option<(i128, i128)> {
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

    pub(super) fn is(&self, kind: &str) -> bool {
        self.kinds().is_some_and(|kinds| has(&kinds, kind))
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
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

/// What a reference leads to.
fn resolve((schema, root): Rooted<'_>) -> Rooted<'_> {
    let mut schema = schema;
    for _ in 0..8 {
        // Beside other keys the reference is only a part, such as of a variant with a tag.
        if schema.get("properties").is_some() {
            break;
        }
        let Some(target) = target((schema, root)) else { break };
        schema = target;
    }
    (schema, root)
}

/// What its reference names.
fn target((schema, root): Rooted<'_>) -> Option<&Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn required(schema: &Value) -> Vec<String> {
    let list = schema.get("required").and_then(Value::as_array);
    distinct(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned))
}

pub(super) fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one == name)
}
