//! What a new version of a program breaks for those who still use the old one (DESIGN, section 4: `check --against`).
//!
//! Messages may grow: a caller may send more than a handler knows (MUST IGNORE), and a reply may have more than a
//! caller reads. So what breaks is: a pattern that is gone, a field that a message must now have, a field that a
//! reply no longer has for certain, and a value that changed its kind.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::{Catalogue, Handler};
use crate::sort::{gather, sort_by};

/// One change that breaks older callers or handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Break {
    /// The pattern concerned.
    pub pattern: String,
    /// What changed, whom it breaks, and the cure.
    pub text: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pattern, self.text)
    }
}

impl Catalogue {
    /// What `new` breaks for those who rely on this catalogue.
    pub fn broken_by(&self, new: &Catalogue) -> Vec<Break> {
        let mut breaks = Vec::new();
        for old in &self.handlers {
            let same = |handler: &&Handler| handler.pattern == old.pattern && handler.kind == old.kind;
            let candidates: Vec<&Handler> = new.handlers.iter().filter(same).collect();
            let now = candidates.iter().find(|handler| handler.service == old.service).or(candidates.first());
            let mut say = |text: String| breaks.push(Break { pattern: old.pattern.clone(), text });
            match now {
                None if old.kind == "observer" => say(format!(
                    "nothing observes this any more, where `{}` did: what it did on this message is no longer done; keep \
                     an observer, or accept it by saving a new catalogue",
                    old.id()
                )),
                None => say(format!(
                    "nothing answers this any more, where `{}` did: callers will get `no-handler`; keep a handler with \
                     this pattern until nobody calls it",
                    old.id()
                )),
                Some(now) => compare(old, now, &mut say),
            }
        }
        breaks
    }

    /// The patterns of both of which a JSON Schema is missing, so that [`broken_by`](Catalogue::broken_by) compares
    /// nothing but that they are there and what they effect.
    pub fn not_compared<'a>(&'a self, new: &Catalogue) -> Vec<&'a str> {
        let lacks = |handler: &Handler| handler.message.is_some() && handler.input.is_none();
        let old = self.handlers.iter().filter(|old| {
            let same = |now: &&Handler| now.pattern == old.pattern && now.kind == old.kind;
            lacks(old) && new.handlers.iter().any(|now| same(&now))
        });
        let mut patterns: Vec<&str> = old.map(|handler| handler.pattern.as_str()).collect();
        sort_by(&mut patterns, Ord::cmp);
        patterns.dedup();
        patterns
    }
}

fn compare(old: &Handler, now: &Handler, say: &mut dyn FnMut(String)) {
    let parts = [
        (Side::Message, "$", &old.input, &now.input, "message"),
        (Side::Reply, "$", &old.reply, &now.reply, "reply"),
        (Side::Reply, "$error", &old.error, &now.error, "error"),
    ];
    for (side, path, old, now, part) in parts {
        match (old, now) {
            (Some(old), Some(now)) => compare_schemas(side, path, (old, old), (now, now), say, 0),
            (Some(_), None) => say(format!(
                "its {part} had a JSON Schema and has none now, so that nothing can be compared; derive \
                 `schemars::JsonSchema` for the type and turn the feature `schema` of matchbus on"
            )),
            (None, _) => {}
        }
    }
    let weaker = ["read", "idempotent", "dedup"];
    if weaker.contains(&old.effect.as_str()) && !weaker.contains(&now.effect.as_str()) {
        say(format!(
            "its effect was `{}` and is now `{}`: callers that repeat a message after an unknown outcome would do harm; \
             keep the effect, or give it another pattern",
            old.effect, now.effect
        ));
    }
}

/// Which way the values go: a message from old callers to the new handler, a reply from the new handler to old callers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Message,
    Reply,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Message => "the message",
            Side::Reply => "the reply",
        }
    }
}

/// A schema and the root that its references are looked up in.
type Rooted<'a> = (&'a Value, &'a Value);

fn compare_schemas(
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
    let (old, now) = (resolve(old), resolve(now));
    // The writer's kinds of values must be among those that the reader takes.
    let (writer, reader) = match side {
        Side::Message => (kinds(old.0), kinds(now.0)),
        Side::Reply => (kinds(now.0), kinds(old.0)),
    };
    if let (Some(writer), Some(reader)) = (&writer, &reader) {
        let unknown: Vec<&str> = writer
            .iter()
            .filter(|kind| !reader.contains(*kind) && !widened(kind, reader))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            say(format!(
                "{path} of {} can be {} for one side and is {} for the other; keep the type, or use a new field",
                side.name(),
                unknown.join(" or "),
                reader.iter().cloned().collect::<Vec<_>>().join(" or "),
            ));
            return;
        }
    }
    compare_choices(side, path, old.0, now.0, say);
    compare_fields(side, path, old, now, say, depth);
    if let (Some(old_items), Some(now_items)) = (old.0.get("items"), now.0.get("items")) {
        let path = format!("{path}[]");
        compare_schemas(side, &path, (old_items, old.1), (now_items, now.1), say, depth + 1);
    }
}

/// Every integer is a number.
fn widened(kind: &str, reader: &BTreeSet<String>) -> bool {
    kind == "integer" && reader.contains("number")
}

fn compare_fields(
    side: Side,
    path: &str,
    old: Rooted<'_>,
    now: Rooted<'_>,
    say: &mut dyn FnMut(String),
    depth: usize,
) {
    let (old_required, now_required) = (required(old.0), required(now.0));
    match side {
        Side::Message => {
            for field in now_required.difference(&old_required) {
                say(format!(
                    "{path}.{field} of the message is now required: callers that do not know it are refused; make it an \
                     `Option` or give it `#[serde(default)]`"
                ));
            }
        }
        Side::Reply => {
            for field in old_required.difference(&now_required) {
                say(format!(
                    "{path}.{field} of the reply is no longer certain to be there: callers that read it fail; keep it"
                ));
            }
        }
    }
    let properties = |schema: &'_ Value| schema.get("properties").and_then(Value::as_object).cloned();
    if let (Some(old_fields), Some(now_fields)) = (properties(old.0), properties(now.0)) {
        for (name, old_field) in &old_fields {
            if let Some(now_field) = now_fields.get(name) {
                let path = format!("{path}.{name}");
                compare_schemas(side, &path, (old_field, old.1), (now_field, now.1), say, depth + 1);
            }
        }
    }
}

/// Words of an `enum`: whoever reads must know every word that can be written.
fn compare_choices(side: Side, path: &str, old: &Value, now: &Value, say: &mut dyn FnMut(String)) {
    let (Some(old), Some(now)) = (choices(old), choices(now)) else { return };
    let (writer, reader) = match side {
        Side::Message => (old, now),
        Side::Reply => (now, old),
    };
    let unknown: Vec<String> = writer.difference(&reader).cloned().collect();
    if !unknown.is_empty() {
        say(format!(
            "{path} of {} can be {}, which the other side does not know; keep the words that were there, and add new ones \
             only where both sides can read them",
            side.name(),
            unknown.join(" or ")
        ));
    }
}

fn resolve((schema, root): Rooted<'_>) -> Rooted<'_> {
    let mut schema = schema;
    for _ in 0..8 {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
        let Some(target) = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else {
            break;
        };
        schema = target;
    }
    (schema, root)
}

/// The kinds of JSON values that the schema allows; `None` where it does not say.
fn kinds(schema: &Value) -> Option<BTreeSet<String>> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(BTreeSet::from([kind.clone()])),
        Some(Value::Array(kinds)) => Some(gather(kinds.iter().filter_map(Value::as_str).map(str::to_owned))),
        _ => None,
    }
}

fn required(schema: &Value) -> BTreeSet<String> {
    let list = schema.get("required").and_then(Value::as_array);
    gather(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned))
}

fn choices(schema: &Value) -> Option<BTreeSet<String>> {
    if let Some(Value::Array(words)) = schema.get("enum") {
        return Some(gather(words.iter().map(ToString::to_string)));
    }
    // schemars writes an enum with docs as one `const` for each variant, and one with data as objects.
    let Some(Value::Array(variants)) = schema.get("oneOf") else { return None };
    let mut all = BTreeSet::new();
    for variant in variants {
        let tag = variant.get("const").map(ToString::to_string);
        all.insert(tag.or_else(|| Some(Value::from(required(variant).into_iter().next()?).to_string()))?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalogue(change: impl FnOnce(&mut Handler)) -> Catalogue {
        let mut handler = Handler {
            kind: "service".into(),
            service: "cart".into(),
            handler: "add".into(),
            pattern: "cmd:add,role:cart".into(),
            effect: "idempotent".into(),
            input: Some(json!({
                "type": "object",
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}, "size": {"$ref": "#/$defs/Size"}},
                "required": ["sku"],
                "$defs": {"Size": {"type": "string", "enum": ["s", "m"]}}
            })),
            reply: Some(json!({
                "type": "object",
                "properties": {"total": {"type": "number"}, "lines": {"type": "array", "items": {"type": "string"}}},
                "required": ["total", "lines"]
            })),
            ..Handler::default()
        };
        change(&mut handler);
        Catalogue { version: 1, handlers: vec![handler] }
    }

    fn broken(change: impl FnOnce(&mut Handler)) -> Vec<String> {
        catalogue(|_| {}).broken_by(&catalogue(change)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn growth_breaks_nobody() {
        assert_eq!(broken(|_| {}), Vec::<String>::new());
        let grown = broken(|handler| {
            let input = handler.input.as_mut().unwrap();
            input["properties"]["note"] = json!({"type": "string"});
            input["properties"]["qty"]["type"] = json!(["integer", "null"]);
            input["$defs"]["Size"]["enum"] = json!(["s", "m", "l"]);
            let reply = handler.reply.as_mut().unwrap();
            reply["properties"]["tax"] = json!({"type": "number"});
            reply["properties"]["total"]["type"] = json!("integer");
        });
        assert_eq!(grown, Vec::<String>::new());
    }

    #[test]
    fn each_change_that_breaks_is_found() {
        type Change = fn(&mut Handler);
        let cases: [(Change, &str); 10] = [
            (|h| h.pattern = "cmd:put,role:cart".into(), "nothing answers this any more"),
            (
                |h| h.input.as_mut().unwrap()["required"] = json!(["sku", "qty"]),
                "$.qty of the message is now required",
            ),
            (
                |h| h.input.as_mut().unwrap()["properties"]["sku"]["type"] = json!("integer"),
                "$.sku of the message can be string",
            ),
            (
                |h| h.input.as_mut().unwrap()["$defs"]["Size"]["enum"] = json!(["s"]),
                "$.size of the message can be \"m\"",
            ),
            (
                |h| h.reply.as_mut().unwrap()["required"] = json!(["lines"]),
                "$.total of the reply is no longer certain",
            ),
            (
                |h| h.reply.as_mut().unwrap()["properties"]["total"]["type"] = json!("string"),
                "$.total of the reply can be string",
            ),
            (
                |h| h.reply.as_mut().unwrap()["properties"]["lines"]["items"]["type"] = json!("object"),
                "$.lines[] of the reply",
            ),
            (|h| h.effect = "undeclared".into(), "its effect was `idempotent` and is now `undeclared`"),
            (|h| h.kind = "observer".into(), "nothing answers this any more"),
            (|h| h.reply = None, "its reply had a JSON Schema and has none now"),
        ];
        for (change, text) in cases {
            let broken = broken(change);
            assert!(broken.len() == 1 && broken[0].contains(text), "{text}: {broken:?}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        let bare = |handler: &mut Handler| {
            handler.message = Some("AddToCart".into());
            handler.input = None;
        };
        let old = catalogue(bare);
        assert_eq!(old.not_compared(&catalogue(bare)), ["cmd:add,role:cart"]);
        assert_eq!(old.not_compared(&catalogue(|_| {})), ["cmd:add,role:cart"], "the old one lacks it");
        assert!(catalogue(|_| {}).not_compared(&catalogue(|_| {})).is_empty());
        let json_only = catalogue(|handler| handler.input = None);
        assert!(json_only.not_compared(&json_only).is_empty(), "a handler of any JSON has no schema to miss");
    }
}
