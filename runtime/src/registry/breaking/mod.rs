//! What a new version of a program breaks for those who still use the old one (DESIGN, section 4: `check --against`).
//!
//! Messages may grow: a caller may send more than a handler knows (MUST IGNORE), and a reply may have more than a
//! caller reads. So what breaks is: a pattern that is gone, a field that a message must now have, a field that a
//! reply no longer has for certain, and a value that changed its kind.

mod form;
mod schema;

use std::fmt;

use super::check::pattern_covers;
use super::{Catalogue, Handler};
use crate::list::List;
use crate::pattern::Pattern;
use crate::sort::sort_by;
use schema::{Side, compare_schemas};

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
            let mut say = |text: String| breaks.push(Break { pattern: old.pattern.clone(), text });
            match successor(old, self, new) {
                None if old.kind == "observer" => say(format!(
                    "nothing observes this any more in place of `{}`: what it did on this message is no longer done; keep an \
                     observer, or accept it by saving a new catalogue",
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
        for special in new.handlers.iter().filter(|new| new.kind == "service") {
            // What takes messages from a handler that was there answers callers who do not know of it.
            if !self.handlers.iter().any(|old| old.kind == special.kind && old.pattern == special.pattern)
                && let Some(old) = widest(special, self)
            {
                let mut say = |text: String| {
                    let text = format!("it takes messages that `{}` answered: {text}", old.id());
                    breaks.push(Break { pattern: special.pattern.clone(), text });
                };
                compare_types(old, special, &mut say);
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
        let mut patterns: Vec<&str> = old.map(|handler| handler.pattern.as_str()).list();
        sort_by(&mut patterns, Ord::cmp);
        patterns.dedup();
        patterns
    }
}

/// The handler of `new` that gets the messages of `old`: under the same pattern, or one with fewer keys, when it was a
/// special case that is none any more. An observer is not stood in for by that of another service, which was there before.
fn successor<'n>(old: &Handler, all: &Catalogue, new: &'n Catalogue) -> Option<&'n Handler> {
    let same = |one: &Handler| one.kind == old.kind && one.pattern == old.pattern;
    let was_there = |now: &Handler| all.handlers.iter().any(|one| same(one) && one.service == now.service);
    let stands_in = |now: &&Handler| now.service == old.service || old.kind == "service" || !was_there(now);
    let equal = new.handlers.iter().filter(|now| same(now) && stands_in(now)).list();
    if let Some(now) = equal.iter().find(|now| now.service == old.service).or(equal.first()) {
        return Some(now);
    }
    let groups = |now: &&Handler| old.kind == "service" || now.service == old.service;
    widest_of(old, &mut new.handlers.iter().filter(groups))
}

/// The handler that got all messages of `special` when that was not there.
fn widest<'o>(special: &Handler, old: &'o Catalogue) -> Option<&'o Handler> {
    widest_of(special, &mut old.handlers.iter())
}

/// Of those that match all messages of `narrow` the one that wins.
fn widest_of<'c>(narrow: &Handler, all: &mut dyn Iterator<Item = &'c Handler>) -> Option<&'c Handler> {
    let pattern: Pattern = narrow.pattern.parse().ok()?;
    let covering = all.filter(|wide| wide.kind == narrow.kind).filter_map(|wide| {
        let wider: Pattern = wide.pattern.parse().ok()?;
        pattern_covers(&wider, &pattern).then_some((wider.len(), wide.rank, wider.exact(), wide))
    });
    covering.max_by_key(|(keys, rank, exact, _)| (*keys, *rank, *exact)).map(|(_, _, _, wide)| wide)
}

fn compare(old: &Handler, now: &Handler, say: &mut dyn FnMut(String)) {
    let told = [(&old.input, &now.input, "message"), (&old.reply, &now.reply, "reply")];
    for (_, _, part) in told.iter().filter(|(old, now, _)| old.is_some() && now.is_none()) {
        say(format!(
            "its {part} had a JSON Schema and has none now, so that nothing can be compared; derive \
             `schemars::JsonSchema` for the type and turn the feature `schema` of matchbus on"
        ));
    }
    compare_types(old, now, say);
    let weaker = ["read", "idempotent", "dedup"];
    if weaker.contains(&old.effect.as_str()) && !weaker.contains(&now.effect.as_str()) {
        say(format!(
            "its effect was `{}` and is now `{}`: callers that repeat a message after an unknown outcome would do harm; \
             keep the effect, or give it another pattern",
            old.effect, now.effect
        ));
    }
}

/// The types as far as both have a JSON Schema. That there is no error of its own any more breaks nobody.
fn compare_types(old: &Handler, now: &Handler, say: &mut dyn FnMut(String)) {
    let parts = [
        (Side::Message, &old.input, &now.input),
        (Side::Reply, &old.reply, &now.reply),
        (Side::Error, &old.error, &now.error),
    ];
    for (side, old, now) in parts {
        if let (Some(old), Some(now)) = (old, now) {
            compare_schemas(side, old, now, say);
        }
    }
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

    /// What a type becomes in the message, and then in the reply.
    fn changed(old: &serde_json::Value, new: &serde_json::Value) -> [Vec<String>; 2] {
        let with = |schema: &serde_json::Value, reply: bool| {
            let object = json!({"type": "object", "properties": {"x": schema}, "$defs": {
                "Old": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                "New": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                        "required": ["a", "b"]}
            }});
            catalogue(|handler| *(if reply { &mut handler.reply } else { &mut handler.input }) = Some(object))
        };
        [false, true].map(|reply| {
            let breaks = with(old, reply).broken_by(&with(new, reply));
            breaks.into_iter().map(|one| one.text).collect()
        })
    }

    #[test]
    fn a_type_may_grow_for_its_reader_and_shrink_for_its_writer() {
        let option = |of: &str| json!({"anyOf": [{"$ref": format!("#/$defs/{of}")}, {"type": "null"}]});
        let tagged = |names: &[&str], of: &str| {
            let one = |name| json!({"type": "object", "properties": {"t": {"const": name}, "v": {"type": of}}, "required": ["t", "v"]});
            json!({"oneOf": names.iter().map(one).collect::<Vec<_>>()})
        };
        let outside = |names: &[&str], of: &str| {
            let one = |name: &&str| json!({"type": "object", "properties": {*name: {"type": of}}, "required": [name]});
            json!({"oneOf": names.iter().map(one).collect::<Vec<_>>()})
        };
        let int = |format: &str| json!({"type": "integer", "format": format});
        let map = |of: &str| json!({"type": "object", "additionalProperties": {"type": of}});
        let tuple = |of: &[&str]| json!({"type": "array", "prefixItems": of.iter().map(|of| json!({"type": of})).collect::<Vec<_>>()});
        let text = json!({"type": "string"});
        // (old, new, what the message's break says, what the reply's says): an empty text is none.
        for (old, new, message, reply) in [
            (option("Old"), option("New"), "$.x.b of the message is now required", ""),
            (option("New"), option("Old"), "", "$.x.b of the reply is no longer certain"),
            (option("Old"), json!({"$ref": "#/$defs/Old"}), "$.x of the message can be null", ""),
            (json!({"$ref": "#/$defs/Old"}), option("Old"), "", "$.x of the reply can be null"),
            (tagged(&["a", "b"], "string"), tagged(&["a"], "string"), "$.x of the message can be \"b\"", ""),
            (tagged(&["a"], "string"), tagged(&["a", "b"], "string"), "", "$.x of the reply can be \"b\""),
            (
                tagged(&["a"], "string"),
                tagged(&["a"], "number"),
                "$.x(a).v of the message",
                "$.x(a).v of the reply",
            ),
            (
                outside(&["a"], "integer"),
                outside(&["a"], "number"),
                "",
                "$.x(a).a of the reply can be number",
            ),
            (int("uint32"), int("uint8"), "$.x of the message can be up to 4294967295", ""),
            (
                int("uint8"),
                json!({"type": "integer", "format": "int16", "maximum": 255}),
                "",
                "$.x of the reply can be down to -32768",
            ),
            (json!({"type": "integer"}), int("int64"), "", ""),
            (map("integer"), map("string"), "$.x.* of the message", "$.x.* of the reply"),
            (
                tuple(&["string"]),
                tuple(&["string", "null"]),
                "$.x of the message has 1 part",
                "$.x of the reply has 2 parts",
            ),
            (tuple(&["string"]), tuple(&["null"]), "$.x[0] of the message", "$.x[0] of the reply"),
            (
                text.clone(),
                json!({"type": "string", "enum": ["a"]}),
                "$.x of the message can be any text",
                "",
            ),
            (json!({"type": "string", "enum": ["a"]}), text.clone(), "", "$.x of the reply can be any text"),
            (json!({}), text.clone(), "$.x of the message can be anything", ""),
            (text, json!(true), "", "$.x of the reply can be anything"),
        ] {
            for (breaks, says) in changed(&old, &new).iter().zip([message, reply]) {
                let well = if says.is_empty() {
                    breaks.is_empty()
                } else {
                    breaks.len() == 1 && breaks[0].contains(says)
                };
                assert!(well, "{old} to {new} should say `{says}`: {breaks:?}");
            }
        }
    }

    fn handlers(all: &[(&str, &str, &str)]) -> Catalogue {
        let mut catalogue = catalogue(|_| {});
        let first = catalogue.handlers.remove(0);
        catalogue.handlers = all
            .iter()
            .map(|(kind, service, pattern)| Handler {
                kind: (*kind).into(),
                service: (*service).into(),
                pattern: (*pattern).into(),
                ..first.clone()
            })
            .collect();
        catalogue
    }

    #[test]
    fn a_special_case_may_come_and_go() {
        let usual = ("service", "cart", "cmd:add,role:cart");
        let (old, new) =
            (handlers(&[usual, ("service", "gold", "cmd:add,role:cart,tier:gold")]), handlers(&[usual]));
        assert_eq!(old.broken_by(&new), []);
        assert_eq!(new.broken_by(&old), []);
        // It must understand and be understood as the usual case.
        let mut other = old.clone();
        other.handlers[1].reply = Some(json!({"type": "string"}));
        let breaks = new.broken_by(&other);
        assert!(breaks.len() == 1 && breaks[0].pattern.contains("tier:gold"), "{breaks:?}");
        assert!(
            breaks[0].text.contains("takes messages that `cart::add` answered: $ of the reply"),
            "{breaks:?}"
        );
        // A part of the messages only is not all of them.
        let breaks = new.broken_by(&handlers(&[("service", "gold", "cmd:add,role:cart,tier:gold")]));
        assert!(breaks[0].text.contains("nothing answers this any more"), "{breaks:?}");
    }

    #[test]
    fn each_service_that_observed_still_does() {
        let (audit, mail) = (("observer", "audit", "event:*"), ("observer", "mail", "event:*"));
        let post = ("observer", "post", "event:*");
        let breaks = handlers(&[audit, mail]).broken_by(&handlers(&[audit]));
        assert!(breaks.len() == 1 && breaks[0].text.contains("in place of `mail::add`"), "{breaks:?}");
        assert_eq!(handlers(&[audit, mail]).broken_by(&handlers(&[mail, audit])), []);
        assert_eq!(handlers(&[audit, mail]).broken_by(&handlers(&[audit, post])), [], "renamed");
        let special = ("observer", "mail", "event:sold");
        assert_eq!(handlers(&[mail, special]).broken_by(&handlers(&[mail])), []);
    }

    #[test]
    fn an_error_that_is_gone_breaks_nobody_and_a_new_one_is_named() {
        let words = |words: &[&str]| Some(json!({"type": "string", "enum": words}));
        let old = catalogue(|handler| handler.error = words(&["full"]));
        assert_eq!(old.broken_by(&catalogue(|_| {})), []);
        let breaks = old.broken_by(&catalogue(|handler| handler.error = words(&["full", "shut"])));
        assert!(breaks.len() == 1 && breaks[0].text.contains("$ of the error can be \"shut\""), "{breaks:?}");
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
