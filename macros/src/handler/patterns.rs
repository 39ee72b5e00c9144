use proc_macro2::Span;

use super::{Kind, Parsed};
use crate::attribute::Key;
use crate::errors::Errors;
use crate::pattern::Pattern;

/// The patterns of an attribute: one of all its keys, or one of each group and the keys outside.
pub(crate) fn patterns(
    kind: Kind,
    shared: &[Key],
    parsed: &Parsed,
    span: Span,
    errors: &mut Errors,
) -> Vec<Pattern> {
    let outside = || shared.iter().chain(&parsed.keys).cloned();
    let mut patterns: Vec<Pattern> = Vec::new();
    if parsed.groups.is_empty() {
        let span = parsed.keys.first().map_or(span, |key| key.span);
        patterns.push(Pattern::new(outside(), span, errors));
    }
    for (span, keys) in &parsed.groups {
        let pattern = Pattern::new(outside().chain(keys.iter().cloned()), *span, errors);
        match patterns.iter().find(|known| known.text == pattern.text) {
            Some(first) => {
                let text = format!("two groups have the pattern `{}`; remove one", pattern.text);
                errors.twice(*span, text, first.span, "first given here");
            }
            None => patterns.push(pattern),
        }
    }
    let word = kind.word();
    for pattern in patterns.iter().filter(|pattern| pattern.keys.is_empty() && !parsed.is_broken) {
        errors.at(
            pattern.span,
            format!("a pattern has at least one key: `#[{word}(role = \"cart\", cmd = \"add\")]`; `\"*\"` as a value means that the key is present"),
        );
    }
    patterns
}
