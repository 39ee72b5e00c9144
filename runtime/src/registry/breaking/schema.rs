//! Two JSON Schemas of one type, before and after a change: can whoever reads still read all that is written?

use serde_json::Value;

use super::form::{Form, Rooted, has};
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
}

/// Says what of `old` and `now` does not go together.
pub(super) fn compare_schemas(side: Side, old: &Value, now: &Value, say: &mut dyn FnMut(String)) {
    let (writer, reader) = match side {
        Side::Message => (old, now),
        Side::Reply | Side::Error => (now, old),
    };
    let mut comparison = Comparison {
        side,
        say,
        trying: false,
        breaks: 0,
        fitting: Vec::new(),
        broken: Vec::new(),
        said: Vec::new(),
    };
    comparison.compare("$", (writer, writer), (reader, reader));
}

/// A place of the writer's schema and one of the reader's, known by where they are in memory.
type Pair = (*const Value, *const Value);

/// A type may contain itself, so what is compared is remembered, and taken to go together until it is found that it does not;
/// then what was found to go together on the way is forgotten, since that may have relied on it. What does not go together
/// never does. So the time has a bound, whatever is nested in what.
struct Comparison<'s> {
    side: Side,
    say: &'s mut dyn FnMut(String),
    /// Whether it is only asked if there is a break.
    trying: bool,
    breaks: usize,
    fitting: Vec<Pair>,
    broken: Vec<Pair>,
    /// What is broken and was said to be, at the first path that leads there.
    said: Vec<Pair>,
}

impl Comparison<'_> {
    fn say(&mut self, text: String) {
        self.breaks += 1;
        if !self.trying {
            (self.say)(text);
        }
    }

    fn compare(&mut self, path: &str, writer: Rooted<'_>, reader: Rooted<'_>) {
        let pair: Pair = (writer.0, reader.0);
        if self.said.contains(&pair) || self.trying && self.broken.contains(&pair) {
            self.breaks += 1;
            return;
        }
        if self.fitting.contains(&pair) {
            return;
        }
        let (breaks, known) = (self.breaks, self.fitting.len());
        self.fitting.push(pair);
        self.compare_forms(path, &Form::of(writer), &Form::of(reader));
        if self.breaks > breaks {
            self.fitting.truncate(known);
            if self.trying { &mut self.broken } else { &mut self.said }.push(pair);
        }
    }

    /// Whether they go together.
    fn fit(&mut self, writer: Rooted<'_>, reader: Rooted<'_>) -> bool {
        let (trying, breaks) = (std::mem::replace(&mut self.trying, true), self.breaks);
        self.compare("", writer, reader);
        self.trying = trying;
        std::mem::replace(&mut self.breaks, breaks) == breaks
    }

    fn compare_forms(&mut self, path: &str, writer: &Form<'_>, reader: &Form<'_>) {
        if let Some(more) = unreadable(writer, reader) {
            return self
                .say(format!("{path} of {} {more}; keep the type, or use a new field", self.side.name()));
        }
        if writer.has_alternatives() || reader.has_alternatives() {
            return self.compare_alternatives(path, writer, reader);
        }
        self.compare_variants(path, writer, reader);
        self.compare_fields(path, writer, reader);
        if let (Some(written), Some(read)) = (writer.parts(), reader.parts()) {
            for (n, (written, read)) in written.iter().zip(read).enumerate() {
                self.compare(&format!("{path}[{n}]"), writer.rooted(written), reader.rooted(read));
            }
        }
        let within = [
            ("[]", writer.items(), reader.items()),
            (".*", writer.more(), reader.more()),
            ("", writer.beside(), reader.beside()),
        ];
        for (name, written, read) in within {
            if let (Some(written), Some(read)) = (written, read) {
                self.compare(&format!("{path}{name}"), written, read);
            }
        }
    }

    /// Enums without a tag: whoever reads takes the first type that fits, so each that can be written must fit one.
    fn compare_alternatives(&mut self, path: &str, writer: &Form<'_>, reader: &Form<'_>) {
        let read = reader.each();
        for written in writer.each() {
            if !read.iter().any(|read| self.fit(written, *read)) {
                let name = Form::of(written).name();
                self.say(format!(
                    "{path} of {} can be of a type ({name}) that fits nothing which the other side knows; keep the types that \
                     were there, and add new ones only where both sides can read them",
                    self.side.name()
                ));
            }
        }
    }

    fn compare_fields(&mut self, path: &str, writer: &Form<'_>, reader: &Form<'_>) {
        let (side, name) = (self.side, self.side.name());
        for field in beyond(&reader.required(), &writer.required()) {
            self.say(match side {
                Side::Message => format!(
                    "{path}.{field} of {name} is now required: callers that do not know it are refused; make it an \
                     `Option` or give it `#[serde(default)]`"
                ),
                Side::Reply | Side::Error => format!(
                    "{path}.{field} of {name} is no longer certain to be there: callers that read it fail; keep it"
                ),
            });
        }
        for (field, written) in writer.fields().into_iter().flatten() {
            let path = format!("{path}.{field}");
            if let Some(read) = reader.field(field) {
                self.compare(&path, writer.rooted(written), read);
            } else if reader.is_closed() {
                self.say(format!(
                    "{path} of {name} can be there, and the other side refuses keys that it does not know; keep the field, \
                     or take `deny_unknown_fields` away"
                ));
            }
        }
        // What a map may have under the name of a field.
        for (field, read) in reader.fields().into_iter().flatten() {
            if let (None, Some(written)) =
                (writer.fields().and_then(|fields| fields.get(field)), writer.more())
            {
                self.compare(&format!("{path}.{field}"), written, reader.rooted(read));
            }
        }
    }

    /// An `enum`: whoever reads must know every variant that can be written, and what is in it.
    fn compare_variants(&mut self, path: &str, writer: &Form<'_>, reader: &Form<'_>) {
        let names = |form: &Form<'_>| {
            let of_variants = || Some(distinct(form.variants()?.into_iter().map(|(name, _)| name)));
            form.words().or_else(of_variants)
        };
        let (Some(written), Some(read)) = (names(writer), names(reader)) else { return };
        let unknown = beyond(&written, &read);
        if !unknown.is_empty() {
            self.say(format!(
                "{path} of {} can be {}, which the other side does not know; keep the words that were there, and add new ones \
                 only where both sides can read them",
                self.side.name(),
                join(&unknown, " or ")
            ));
        }
        let known = reader.variants().unwrap_or_default();
        for (name, written) in writer.variants().unwrap_or_default() {
            let Some((_, read)) = known.iter().find(|(other, _)| *other == name) else { continue };
            let path = format!("{path}({})", name.trim_matches('"'));
            self.compare(&path, writer.rooted(written), reader.rooted(read));
        }
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
    if let (Some(looks), true) =
        (reader.looks().filter(|looks| writer.looks() != Some(looks)), writer.is("string"))
        && writer.words().is_none()
    {
        return Some(format!("can be any text for one side, and is a `{looks}` for the other"));
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
            return Some(format!("has {written} part{s} for one side and {read} for the other"));
        }
        _ => {}
    }
    match (writer.length(), reader.length()) {
        (Some((least, most)), Some((fewest, limit))) if least < fewest || most > limit => Some(format!(
            "has {} parts for one side and {} for the other",
            between(least, most),
            between(fewest, limit)
        )),
        _ => None,
    }
}

/// How many.
fn between(least: u64, most: u64) -> String {
    match most {
        u64::MAX if least == 0 => "any number of".to_owned(),
        u64::MAX => format!("{least} or more"),
        most if most == least => most.to_string(),
        most => format!("{least} to {most}"),
    }
}

/// Those names that the others have not.
fn beyond<'a>(names: &'a [String], others: &[String]) -> Vec<&'a str> {
    names.iter().map(String::as_str).filter(|name| !has(others, name)).list()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn breaks(side: Side, old: &Value, now: &Value) -> Vec<String> {
        let mut all = Vec::new();
        compare_schemas(side, old, now, &mut |text| all.push(text));
        all
    }

    #[test]
    fn who_reads_must_read_all_that_is_written() {
        let any = |of: &[Value]| json!({"anyOf": of});
        let (text, int, null) =
            (json!({"type": "string"}), json!({"type": "integer"}), json!({"type": "null"}));
        let point =
            |of: &str| json!({"type": "object", "properties": {"x": {"type": of}}, "required": ["x"]});
        let (a, ab) = (
            json!({"type": "object", "properties": {"a": text}}),
            json!({"type": "object", "properties": {"a": text, "b": text}}),
        );
        let closed = |open: &Value| {
            let mut closed = open.clone();
            closed["additionalProperties"] = json!(false);
            closed
        };
        let list =
            |from: u64, to: u64| json!({"type": "array", "items": text, "minItems": from, "maxItems": to});
        let tagged = |of: &str| {
            json!({
                "oneOf": [{"type": "object", "properties": {"t": {"const": "a"}}, "required": ["t"], "$ref": "#/$defs/A"}],
                "$defs": {"A": point(of)}
            })
        };
        // (old, new, what the message's break says, what the reply's says): an empty text is none.
        for (old, new, message, reply) in [
            // Enums without a tag.
            (any(&[text.clone(), int.clone()]), any(&[int.clone(), text.clone()]), "", ""),
            (
                any(&[text.clone(), int.clone()]),
                text.clone(),
                "$ of the message can be of a type (integer)",
                "",
            ),
            (
                text.clone(),
                any(&[text.clone(), int.clone()]),
                "",
                "$ of the reply can be of a type (integer)",
            ),
            (
                any(&[text.clone(), point("integer")]),
                any(&[text.clone(), point("string")]),
                "$ of the message can be of a type (object)",
                "$ of the reply can be of a type (object)",
            ),
            (
                any(&[text.clone(), int.clone(), null.clone()]),
                any(&[int.clone(), null.clone(), text.clone()]),
                "",
                "",
            ),
            (
                any(&[text.clone(), int.clone(), null.clone()]),
                any(&[text.clone(), int.clone()]),
                "$ of the message can be null",
                "",
            ),
            // `deny_unknown_fields`.
            (ab.clone(), closed(&a), "$.b of the message can be there", ""),
            (closed(&a), ab.clone(), "", "$.b of the reply can be there"),
            (closed(&a), closed(&ab), "", "$.b of the reply can be there"),
            (ab.clone(), a.clone(), "", ""),
            // A struct and a map.
            (
                ab.clone(),
                json!({"type": "object", "additionalProperties": {"type": "integer"}}),
                "$.a of the message can be string",
                "$.a of the reply can be integer",
            ),
            // Text of a form, one word, and the number of parts.
            (
                text.clone(),
                json!({"type": "string", "format": "uuid"}),
                "$ of the message can be any text for one side, and is a `uuid`",
                "",
            ),
            (
                json!({"const": "a"}),
                json!({"type": "string", "enum": ["a", "b"]}),
                "",
                "$ of the reply can be \"b\"",
            ),
            (list(0, 9), list(3, 3), "$ of the message has 0 to 9 parts", ""),
            (json!({"type": "array"}), list(3, 3), "$ of the message has any number of parts", ""),
            // The data of a variant, beside its tag.
            (tagged("integer"), tagged("string"), "$(a).x of the message", "$(a).x of the reply"),
        ] {
            for (side, says) in [(Side::Message, message), (Side::Reply, reply)] {
                let breaks = breaks(side, &old, &new);
                let first = breaks.first().map_or("", String::as_str);
                assert!(
                    if says.is_empty() { first.is_empty() } else { first.starts_with(says) },
                    "{old} to {new} should say `{says}`: {breaks:?}"
                );
            }
        }
    }

    /// Types that have the next one twice, sixty times, and the first one again at the end.
    fn nested(end: &str, untagged: bool) -> Value {
        let defs: serde_json::Map<String, Value> = (0..=60)
            .map(|n| {
                let next = if n == 60 {
                    json!({"type": end})
                } else {
                    json!({"$ref": format!("#/$defs/T{}", n + 1)})
                };
                let again = json!({"$ref": "#/$defs/T0"});
                let pair = json!({"type": "object", "properties": {"l": next, "r": next, "again": again}, "required": ["l"]});
                let choice = json!({"anyOf": [{"type": "object", "properties": {"m": next}, "required": ["m"]}, pair]});
                (format!("T{n}"), if untagged { choice } else { pair })
            })
            .collect();
        json!({"$ref": "#/$defs/T0", "$defs": defs})
    }

    #[test]
    fn types_within_types_are_compared_to_their_end_and_in_little_time() {
        for untagged in [false, true] {
            let old = nested("string", untagged);
            assert_eq!(breaks(Side::Message, &old, &nested("string", untagged)), Vec::<String>::new());
            let breaks = breaks(Side::Message, &old, &nested("integer", untagged));
            assert!(breaks.len() <= 2 && breaks[0].starts_with('$'), "{breaks:?}");
        }
    }

    /// What was tried for an enum without a tag is said where it must be read.
    #[test]
    fn what_was_tried_is_said_where_it_breaks() {
        let of = |kind: &str| {
            json!({
                "type": "object",
                "properties": {"a": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "string"}]}, "b": {"$ref": "#/$defs/A"}},
                "$defs": {"A": {"type": "object", "properties": {"x": {"type": kind}}}}
            })
        };
        let all = breaks(Side::Message, &of("integer"), &of("string"));
        assert!(all.len() == 2 && all[1].starts_with("$.b.x of the message"), "{all:?}");
    }
}
