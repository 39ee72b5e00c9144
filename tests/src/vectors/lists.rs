use matchbus::pattern::{Pattern, Value as PatternValue};
use matchbus::router::{Matcher, patrun};
use serde_json::{Map, Value};

use super::{Case, List};

/// What a listing is compared as: the pattern's names and texts, and the data.
type Shown = (Map<String, Value>, Value);

/// What a matcher lists and what is expected, and which of patrun's habits explains all differences.
pub(super) struct Listing {
    pub(super) got: Value,
    pub(super) expected: Value,
    pub(super) agree: bool,
    pub(super) habit: Option<&'static str>,
}

/// Lists as patrun does in two things: it leaves out patterns with globs, and those whose data JavaScript
/// takes for false.
pub(super) fn list(matcher: &Matcher<&Value>, case: &Case, list: &List) -> Listing {
    let pin = patrun::pattern(&list.filter, true);
    let mut got = Vec::new();
    for found in matcher.list(&pin) {
        let pattern = found.pattern();
        let globs = pattern.exact() < pattern.len();
        if !globs && (!list.exact || pattern.len() == pin.len()) && !is_falsy(found.value()) {
            got.push((texts(&pattern), (*found.value()).clone()));
        }
    }
    let expected: Vec<Shown> = list.expect.iter().map(|l| (l.pattern.clone(), l.data.clone())).collect();
    let extra = got
        .iter()
        .filter(|shown| !expected.contains(shown))
        .map(|shown| habit_of_leaving_out(case, &pin, shown));
    let missing = expected.iter().filter(|shown| !got.contains(shown)).map(|shown| {
        // patrun lists the pattern without keys first, whatever the pin asks for.
        (shown.0.is_empty() && !pin.is_empty()).then_some("list-root")
    });
    let mut habits = extra.chain(missing).peekable();
    let agree = habits.peek().is_none();
    let habit = habits.collect::<Option<Vec<_>>>().and_then(|habits| habits.first().copied());
    Listing { agree, habit, got: json(&got), expected: json(&expected) }
}

/// Why patrun leaves out a pattern that has all that the pin asks for.
fn habit_of_leaving_out(case: &Case, pin: &Pattern, shown: &Shown) -> Option<&'static str> {
    let empty =
        pin.iter().any(|(name, value)| value.is_glob() && shown.0.get(name) == Some(&Value::from("")));
    if empty {
        return Some("list-empty-text");
    }
    if shown.0.keys().any(|name| INHERITED.contains(&name.as_str())) {
        return Some("list-inherited-name");
    }
    ["quirk-empty-key", "quirk-remove"].into_iter().find(|tag| case.tags.iter().any(|t| t == tag))
}

/// The names that every object of JavaScript has.
const INHERITED: &[&str] = &[
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

fn texts(pattern: &Pattern) -> Map<String, Value> {
    let text = |value: &PatternValue| match value {
        PatternValue::Str(text) => Value::from(&**text),
        other => Value::from(other.to_string()),
    };
    pattern.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

fn json(shown: &[Shown]) -> Value {
    shown.iter().map(|(pattern, data)| serde_json::json!([pattern, data])).collect()
}

fn is_falsy(data: &Value) -> bool {
    match data {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_f64() == Some(0.0),
        Value::String(s) => s.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}
