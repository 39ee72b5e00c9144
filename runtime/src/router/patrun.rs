//! What it takes to stand in for npm's patrun, beside a [`Matcher`] made with [`Compare::Text`].
//!
//! Every find then gives what patrun documents: the pattern with the most keys, and so on. Where patrun 7.3.0
//! itself does something else, it is one of its defects (`tests/vectors` has the cases):
//!
//! * a pattern with fewer keys wins because its first key comes earlier, or because of a pattern `{}`;
//! * a glob is not tried where some pattern has the message's text at that key, or another glob fits it
//!   first;
//! * an exact find counts keys of abandoned branches, and a removal may take another pattern;
//! * the text `undefined` matches a missing key, names like `constructor` are inherited, `__proto__`
//!   pollutes, and the empty name is lost;
//! * a glob fits every list and object; here it fits those whose text it fits.
//!
//! Of the vectors' tags none is exempt: every find gives `spec` where there is one, and else what patrun gave.
//! Only lists differ on purpose: [`Matcher::list`] shows patterns with globs, with data that JavaScript takes for
//! false, with an empty text under a `*`, and with inherited names, and shows `{}` under the empty pin only.
//!
//! JavaScript's conversions are kept: [`text`] gives them, [`pattern`] applies them to patterns, and
//! [`Message`] to messages. So `1` equals `"1"`, `[1,2]` equals `"1,2"`, and every object equals every other.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::matcher::Matcher;
use crate::pattern::{Compare, Fields, NumberText, Pattern, PatternError, Scalar, Value, ValueRef};
use crate::sort::sort_by;

/// The text JavaScript makes of a value (`String(value)`).
///
/// ```
/// use matchbus::router::patrun::text;
/// use serde_json::json;
///
/// assert_eq!(text(&json!(1.0)), "1");
/// assert_eq!(text(&json!([1, [null, "x"], {}])), "1,,x,[object Object]");
/// ```
pub fn text(value: &serde_json::Value) -> Cow<'_, str> {
    match value {
        serde_json::Value::String(text) => Cow::Borrowed(text),
        serde_json::Value::Array(list) => {
            let mut out = String::new();
            for (i, element) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                if !element.is_null() {
                    out.push_str(&text(element));
                }
            }
            Cow::Owned(out)
        }
        other => Scalar::from(other).with_text(|text| Cow::Owned(text.unwrap_or_default().to_owned())),
    }
}

/// The pattern that patrun makes of an object: values become text, `null` drops the key.
///
/// `globs` is patrun's option `gex`: without it `*` and `?` are literal.
pub fn pattern(object: &serde_json::Map<String, serde_json::Value>, globs: bool) -> Pattern {
    let value = |value| if globs { Value::from(&*text(value)) } else { Value::text(text(value)) };
    let pairs = object.iter().filter(|(_, v)| !v.is_null()).map(|(name, v)| (name.as_str(), value(v)));
    let made: Result<Pattern, PatternError> = Pattern::new(pairs);
    made.expect("the names of an object are distinct")
}

/// A JSON object as a message, whose lists have the text that JavaScript gives them.
///
/// ```
/// use matchbus::pattern::{Compare, Pattern};
/// use matchbus::router::{Matcher, patrun::Message};
///
/// let mut matcher = Matcher::with_compare(Compare::Text);
/// matcher.add(&Pattern::new([("ids", "1,2")])?, ());
/// let message = serde_json::json!({"ids": [1, 2]});
/// assert!(matcher.find(&Message::new(message.as_object().unwrap())).is_some());
/// # Ok::<(), matchbus::pattern::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Message<'a>(Vec<(&'a str, Own<'a>)>);

#[derive(Clone, Debug)]
enum Own<'a> {
    Scalar(Scalar<'a>),
    List(String),
}

impl<'a> Message<'a> {
    /// Reads an object.
    pub fn new(object: &'a serde_json::Map<String, serde_json::Value>) -> Self {
        let own = |value: &'a serde_json::Value| match value {
            serde_json::Value::Array(_) => Own::List(text(value).into_owned()),
            other => Own::Scalar(Scalar::from(other)),
        };
        Message(object.iter().map(|(name, value)| (name.as_str(), own(value))).collect())
    }
}

impl Fields for Message<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, i: usize) -> (&str, Scalar<'_>) {
        let (name, value) = &self.0[i];
        match value {
            Own::Scalar(scalar) => (name, *scalar),
            Own::List(text) => (name, Scalar::Str(text)),
        }
    }
}

/// What patrun's `find(message, exact, true)` collects, in its order.
///
/// Without globs and without `exact` these are the values of all patterns that fit. Otherwise patrun's walk
/// passes over some: at each key it follows the text, or else the first glob that fits, and never both; and
/// an exact walk stops at the end of the first branch with a value. Use [`Matcher::find_all`] unless a
/// program relies on that. The cost grows with the number of patterns.
pub fn collect<'a, T, F: Fields + ?Sized>(matcher: &'a Matcher<T>, message: &F, exact: bool) -> Vec<&'a T> {
    let mut all: Vec<Walked<'a, T>> = Vec::with_capacity(matcher.len());
    for found in matcher {
        let pattern = found.pattern();
        let mut keys: Vec<(Box<str>, Value)> = pattern.iter().map(|(n, v)| (n.into(), v.clone())).collect();
        sort_by(&mut keys, |a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        all.push(Walked { keys, value: found.value() });
    }
    let mut collected = Vec::new();
    let mut level = Level { patterns: all.iter().collect(), depth: 0, from: Vec::new() };
    let mut stack: Vec<Level<'_, 'a, T>> = Vec::new();
    let mut has_data = level.data().inspect(|value| collected.push(*value)).is_some();
    loop {
        if let Some((next, rest)) = level.step(matcher.compare(), message) {
            stack.extend(rest);
            match next.data() {
                Some(value) => {
                    collected.push(value);
                    has_data = true;
                }
                None => has_data &= !exact,
            }
            level = next;
            continue;
        }
        match stack.pop() {
            Some(rest) if !has_data || !exact => level = rest,
            _ => return collected,
        }
    }
}

struct Walked<'a, T> {
    keys: Vec<(Box<str>, Value)>,
    value: &'a T,
}

/// The patterns that share their first `depth` pairs; the walk goes through their next keys, beginning at
/// `from`.
struct Level<'w, 'a, T> {
    patterns: Vec<&'w Walked<'a, T>>,
    depth: usize,
    from: Vec<u16>,
}

impl<'a, T> Level<'_, 'a, T> {
    fn data(&self) -> Option<&'a T> {
        self.patterns.iter().find(|p| p.keys.len() == self.depth).map(|p| p.value)
    }

    /// The level of the first key that fits, and this level from its next key on.
    fn step<F: Fields + ?Sized>(&self, compare: Compare, message: &F) -> Option<(Self, Option<Self>)> {
        let next_key = |p: &Walked<'a, T>| {
            p.keys.get(self.depth).map(|(name, _)| name.encode_utf16().collect::<Vec<_>>())
        };
        let keys: BTreeSet<Vec<u16>> =
            self.patterns.iter().filter_map(|p| next_key(p)).filter(|key| *key >= self.from).collect();
        let mut keys = keys.into_iter().peekable();
        while let Some(key) = keys.next() {
            let here = self.patterns.iter().filter(|p| next_key(p).as_ref() == Some(&key));
            let here: Vec<(&Walked<'a, T>, ValueRef<'_>)> =
                here.map(|p| (*p, p.keys[self.depth].1.as_ref())).collect();
            let found = String::from_utf16(&key).ok().and_then(|name| message.value(&name));
            let Some(found) = found else { continue };
            let fits = |glob: bool| {
                here.iter()
                    .map(|(_, v)| *v)
                    .find(|v| matches!(v, ValueRef::Glob(_)) == glob && v.fits(compare, found))
            };
            let Some(taken) = fits(false).or_else(|| fits(true)) else { continue };
            let patterns = here.iter().filter(|(_, v)| same(*v, taken)).map(|(p, _)| *p).collect();
            let next = Level { patterns, depth: self.depth + 1, from: Vec::new() };
            let rest =
                keys.next().map(|from| Level { patterns: self.patterns.clone(), depth: self.depth, from });
            return Some((next, rest));
        }
        None
    }
}

/// Whether two values of patterns have the same text.
fn same(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    let text = |v: ValueRef<'_>| match v {
        ValueRef::Str(s) => s.to_owned(),
        ValueRef::Int(n) => NumberText::from(n).to_string(),
        other => other.to_string(),
    };
    matches!(a, ValueRef::Glob(_)) == matches!(b, ValueRef::Glob(_)) && text(a) == text(b)
}
