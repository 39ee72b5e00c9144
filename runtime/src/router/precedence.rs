use std::cmp::{Ordering, Reverse};

use crate::pattern::{Compare, Pattern};
use crate::sort::sort_by;

/// Which of two patterns that match one message wins: less comes first. Patterns with their ranks.
///
/// It is rule M3 said once more, over patterns instead of the index's shapes: for callers that have few patterns and
/// no index. A property test holds the two together.
pub(crate) fn precedence(compare: Compare, a: (&Pattern, i32), b: (&Pattern, i32)) -> Ordering {
    let text = compare == Compare::Text;
    let names = |pattern: &Pattern| {
        let mut names: Vec<(Vec<u16>, bool)> = Vec::new();
        for (name, value) in pattern.iter() {
            names.push((name.encode_utf16().collect(), value.is_glob()));
        }
        sort_by(&mut names, Ord::cmp);
        names
    };
    let globs = |pattern: &Pattern| pattern.iter().filter(|(_, value)| value.is_glob()).count();
    let first = (Reverse(a.0.len()), Reverse(a.1)).cmp(&(Reverse(b.0.len()), Reverse(b.1)));
    if text {
        // JavaScript's order of keys, then key by key a text before a glob; the rest as they were added.
        let (a, b) = (names(a.0), names(b.0));
        return first
            .then_with(|| a.iter().map(|key| &key.0).cmp(b.iter().map(|key| &key.0)))
            .then_with(|| a.iter().map(|key| key.1).cmp(b.iter().map(|key| key.1)));
    }
    first
        .then_with(|| globs(a.0).cmp(&globs(b.0)))
        .then_with(|| a.0.iter().map(|key| key.0).cmp(b.0.iter().map(|key| key.0)))
        .then_with(|| a.0.to_string().cmp(&b.0.to_string()))
}
