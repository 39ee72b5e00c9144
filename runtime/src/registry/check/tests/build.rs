//! Handlers from one line of text each.
//!
//! ```text
//! service cart::add cmd:add,role:cart|cmd:put,role:cart overrides rank(2) calls(GetPrice)
//! ```

use std::any::TypeId;

use crate::handler::{Context, Input, Need, Output, Started, Stopped};
use crate::message::{FieldInfo, FieldKind, MessageInfo, TypeSketch};
use crate::pattern::{KeyInfo, PatternInfo, ValueRef};
use crate::registry::check::hash::fnv1a;
use crate::registry::check::{CheckAt, Conflicts, Entry, problems};
use crate::registry::{Info, Kind, Place};

pub(super) fn shim<'a>(_: &Context<'_>, _: Input<'_, 'a>, _: Output<'_>) -> Started<'a> {
    Err(Stopped::ENDED)
}

pub(super) fn leak<T: ?Sized>(value: Box<T>) -> &'static T {
    Box::leak(value)
}

fn text(text: &str) -> &'static str {
    leak(Box::from(text))
}

pub(super) fn pattern(source: &str) -> PatternInfo {
    let mut pairs: Vec<_> = source.split(',').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let keys: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let (name, value) = pair.split_once(':').unwrap();
            let value = match (value, value.parse()) {
                ("true", _) => ValueRef::Bool(true),
                ("false", _) => ValueRef::Bool(false),
                (_, Ok(n)) => ValueRef::Int(n),
                _ if value.contains(['*', '?']) => ValueRef::Glob(text(value)),
                _ => ValueRef::Str(text(value.trim_matches('"'))),
            };
            KeyInfo::new(text(name), value, fnv1a(name), fnv1a(pair))
        })
        .collect();
    PatternInfo::new(leak(keys.into()), text(&pairs.join(",")))
}

fn types() -> [TypeSketch; 3] {
    [TypeSketch::new("M", None), TypeSketch::new("R", None), TypeSketch::new("E", None)]
}

/// `GetPrice`, `Open`, …: the message types of the corpus.
pub(super) fn message(name: &str) -> &'static MessageInfo {
    const FIELDS: &[FieldInfo] = &[
        FieldInfo::new("sku", FieldKind::Str),
        FieldInfo::new("qty", FieldKind::Int),
        FieldInfo::new("gift", FieldKind::Bool),
        FieldInfo::new("tags", FieldKind::Never),
        FieldInfo::new("kind", FieldKind::Unknown),
    ];
    let message = |keys: &str, fields| {
        let place = Place::new("src/messages.rs", 1);
        let about = (text(name), "messages", place, "");
        let (id, try_read) = (TypeId::of::<()>(), |_: &[u8]| Ok(()));
        leak(Box::new(MessageInfo::of_type(about, pattern(keys), "", fields, types, id, try_read)))
    };
    match name {
        "GetPrice" => message("cmd:get,role:price", FIELDS),
        "Tiered" => leak(Box::new(message("cmd:get,role:price", FIELDS).with_context(&["tier"]))),
        "Open" => leak(Box::new(message("cmd:get,role:price", &[]).with_open())),
        "External" => leak(Box::new(message("cmd:get,role:price", &[]).with_external())),
        "ItemAdded" => message("event:item-added,role:cart", FIELDS),
        "Free" => message("", FIELDS),
        _ => panic!("no message `{name}`"),
    }
}

/// One line.
pub(super) fn entry(line: &str, number: usize) -> Entry<'static> {
    let mut words = line.split_whitespace();
    let kind = match words.next() {
        Some("service") => Kind::Service,
        Some("observer") => Kind::Observer,
        other => panic!("{other:?} in {line}"),
    };
    let (module, name) = words.next().unwrap().rsplit_once("::").unwrap();
    let patterns = words.next().unwrap();
    let patterns: Vec<_> = patterns.trim_matches('-').split('|').map(pattern).collect();
    let mut place = Place::new("src/lib.rs", u32::try_from(number).unwrap());
    let mut info = Info::new(kind, &[], "", text(name), text(module), place.file, place.line, "", None, shim);
    info = info.with_patterns(leak(patterns.into()));
    let (mut needs, mut with, mut mounted) = (Vec::new(), None, true);
    for word in words {
        let (option, value) = word.trim_end_matches(')').split_once('(').unwrap_or((word, ""));
        match option {
            "overrides" => info = info.with_overrides(),
            "alternative" => info = info.with_alternative(),
            "rank" => info = info.with_rank(value.parse().unwrap()),
            "group" => info = info.with_group(text(value)),
            "line" => place = Place::new("src/lib.rs", value.parse().unwrap()),
            "calls" => needs.push(Need::Calls(message(value))),
            "emits" => needs.push(Need::Emits(message(value))),
            "prior" => needs.push(Need::Prior { optional: value == "optional" }),
            "with" => with = Some(value),
            "unmounted" => mounted = false,
            _ => panic!("{option} in {line}"),
        }
    }
    info.place = place;
    let needs: &'static [Need] = leak(needs.into());
    info.needs = leak(Box::from([needs]));
    let info = leak(Box::new(info));
    let patterns = match with {
        None => info.patterns.as_slice(),
        Some(extra) => leak(info.patterns.iter().map(|p| pattern(&format!("{},{extra}", p.text))).collect()),
    };
    Entry { info, patterns, mounted }
}

/// Several lines.
pub(super) fn entries(lines: &str) -> Vec<Entry<'static>> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(i, line)| entry(line, i + 1)).collect()
}

pub(super) fn check(lines: &str, at: CheckAt) -> Conflicts {
    problems(entries(lines), at)
}
