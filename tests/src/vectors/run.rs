use std::collections::BTreeMap;
use std::fmt;

use matchbus::pattern::{Compare, Pattern, Value as PatternValue};
use matchbus::router::{Matcher, patrun};
use serde_json::{Map, Value};

use super::{Case, Find, List, Listed};

/// Tags of cases in which matchbus answers otherwise than patrun on purpose, with the reason.
///
/// Finds of such cases still count when they agree.
pub const DELIBERATE: &[(&str, &str)] = &[
    ("quirk-list", "patrun's pin `*` does not list an empty text; here `*` asks for the key only"),
    ("not-an-object", "patrun looks for keys in texts and lists too; a message is an object"),
];

/// How far a matcher agrees with the vectors.
#[derive(Debug, Default)]
pub struct Report {
    /// The finds that agree.
    pub agree: usize,
    /// All finds that count.
    pub finds: usize,
    /// The lists that agree.
    pub lists_agree: usize,
    /// All lists that count.
    pub lists: usize,
    /// What differs.
    pub disagreements: Vec<Disagreement>,
    /// What differs on purpose, by tag; not counted above.
    pub deliberate: BTreeMap<&'static str, usize>,
}

/// A question answered otherwise than expected.
#[derive(Debug)]
pub struct Disagreement {
    case: String,
    tags: Vec<String>,
    question: String,
    expected: String,
    got: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Disagreement { case, tags, question, expected, got } = self;
        write!(f, "{case} [{}]: {question}: expected {expected}, got {got}", tags.join(" "))
    }
}

/// Asks a matcher all questions of all cases.
pub fn run(cases: &[Case]) -> Report {
    let mut report = Report::default();
    for case in cases {
        let matcher = build(case);
        for find in &case.finds {
            let Some(message) = find.msg.as_object() else {
                *report.deliberate.entry("not-an-object").or_default() += 1;
                continue;
            };
            let got = answer(&matcher, message, find);
            let expected = find.spec.as_ref().unwrap_or(&find.expect);
            let agree = if find.collect { same_set(&got, expected) } else { got == *expected };
            let question =
                || format!("find {}{}{}", find.msg, flag(find.exact, "exact"), flag(find.collect, "collect"));
            if report.note(case, agree, question, expected, &got) {
                report.finds += 1;
                report.agree += usize::from(agree);
            }
        }
        for list in &case.list {
            let got = listed(&matcher, list);
            let expected: Value = list.expect.iter().map(listed_json).collect();
            let agree = same_set(&got, &expected);
            let question =
                || format!("list {}{}", Value::from(list.filter.clone()), flag(list.exact, "exact"));
            if report.note(case, agree, question, &expected, &got) {
                report.lists += 1;
                report.lists_agree += usize::from(agree);
            }
        }
    }
    report
}

impl Report {
    /// Records an answer; says whether it counts.
    fn note(
        &mut self,
        case: &Case,
        agree: bool,
        question: impl FnOnce() -> String,
        expected: &Value,
        got: &Value,
    ) -> bool {
        if agree {
            return true;
        }
        let on_purpose = DELIBERATE.iter().find(|(tag, _)| case.tags.iter().any(|t| t == tag));
        if let Some((tag, _)) = on_purpose {
            *self.deliberate.entry(tag).or_default() += 1;
            return false;
        }
        self.disagreements.push(Disagreement {
            case: case.name.clone(),
            tags: case.tags.clone(),
            question: question(),
            expected: expected.to_string(),
            got: got.to_string(),
        });
        true
    }
}

fn build(case: &Case) -> Matcher<&Value> {
    let mut matcher = Matcher::with_compare(Compare::Text);
    for put in &case.patterns {
        let pattern = patrun::pattern(&put.pattern, case.gex);
        // In patrun `null` is also the answer when nothing fits, so a pattern with it is as good as none.
        if put.data.is_null() {
            matcher.remove(&pattern);
        } else {
            matcher.add(&pattern, &put.data);
        }
    }
    for gone in &case.remove {
        matcher.remove(&patrun::pattern(gone, case.gex));
    }
    matcher
}

fn answer(matcher: &Matcher<&Value>, object: &Map<String, Value>, find: &Find) -> Value {
    let message = patrun::Message::new(object);
    if find.collect {
        return patrun::collect(matcher, &message, find.exact)
            .into_iter()
            .map(|data| (*data).clone())
            .collect();
    }
    let mut found = matcher.find(&message);
    if find.exact {
        // Patterns with most keys come first, and none has more than the message.
        found = found.filter(|found| found.pattern().len() == object.len());
    }
    found.map_or(Value::Null, |found| (*found.value()).clone())
}

/// What patrun would list: it leaves out patterns with globs and those whose data JavaScript takes for false.
fn listed(matcher: &Matcher<&Value>, list: &List) -> Value {
    let pin = patrun::pattern(&list.filter, true);
    let shown = matcher.list(&pin).into_iter().filter(|found| {
        let pattern = found.pattern();
        !pattern.iter().any(|(_, value)| value.is_glob())
            && (!list.exact || pattern.len() == pin.len())
            && !is_falsy(found.value())
    });
    shown
        .map(|found| {
            listed_json(&Listed { pattern: texts(&found.pattern()), data: (*found.value()).clone() })
        })
        .collect()
}

fn texts(pattern: &Pattern) -> Map<String, Value> {
    let text = |value: &PatternValue| match value {
        PatternValue::Str(text) => Value::from(&**text),
        other => Value::from(other.to_string()),
    };
    pattern.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

fn listed_json(listed: &Listed) -> Value {
    serde_json::json!([listed.pattern, listed.data])
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

fn same_set(a: &Value, b: &Value) -> bool {
    let sorted = |value: &Value| {
        let mut all: Vec<String> = value.as_array()?.iter().map(Value::to_string).collect();
        all.sort();
        Some(all)
    };
    sorted(a).is_some() && sorted(a) == sorted(b)
}

fn flag(on: bool, name: &str) -> String {
    if on { format!(" ({name})") } else { String::new() }
}
