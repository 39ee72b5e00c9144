use std::collections::BTreeMap;
use std::fmt;

use matchbus::pattern::Compare;
use matchbus::router::{Matcher, patrun};
use serde_json::{Map, Value};

use super::lists::{self, Listing};
use super::{Case, Find};

/// Where matchbus answers otherwise than patrun on purpose: a tag, and the reason.
///
/// All but the last are about lists only. Every find counts, whatever the tags of its case.
pub const DELIBERATE: &[(&str, &str)] = &[
    ("list-root", "patrun lists `{}` under every pin; here only under the empty one"),
    ("list-empty-text", "patrun's glob `*` does not list an empty text; here `*` asks for the key only"),
    (
        "list-inherited-name",
        "patrun does not list names that JavaScript's objects inherit, such as `toString`",
    ),
    ("quirk-empty-key", "patrun loses a pattern with the empty name"),
    ("quirk-remove", "patrun removes another pattern when asked for one that is not there"),
    ("not-an-object", "patrun looks for keys in texts and lists too; here a message is an object"),
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
            report.finds += 1;
            report.agree += usize::from(agree);
            if !agree {
                let flags = flag(find.exact, "exact") + &flag(find.collect, "collect");
                report.disagree(case, format!("find {}{flags}", find.msg), expected, &got);
            }
        }
        for list in &case.list {
            let Listing { got, expected, agree, habit } = lists::list(&matcher, case, list);
            if let Some(habit) = habit {
                *report.deliberate.entry(habit).or_default() += 1;
                continue;
            }
            report.lists += 1;
            report.lists_agree += usize::from(agree);
            if !agree {
                let question =
                    format!("list {}{}", Value::from(list.filter.clone()), flag(list.exact, "exact"));
                report.disagree(case, question, &expected, &got);
            }
        }
    }
    report
}

impl Report {
    fn disagree(&mut self, case: &Case, question: String, expected: &Value, got: &Value) {
        self.disagreements.push(Disagreement {
            case: case.name.clone(),
            tags: case.tags.clone(),
            question,
            expected: expected.to_string(),
            got: got.to_string(),
        });
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
