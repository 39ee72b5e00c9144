//! Comparing values of patterns: can one message have both, and does one take whatever the other takes?

use super::glob;
use crate::pattern::{KeyInfo, Pattern, PatternInfo, ValueRef};

/// The key of this name; names are compared by their hashes.
pub(super) const fn key(keys: &[KeyInfo], name_hash: u64) -> Option<&KeyInfo> {
    let mut i = 0;
    while i < keys.len() {
        if keys[i].name_hash == name_hash {
            return Some(&keys[i]);
        }
        i += 1;
    }
    None
}

/// Whether two patterns are the same.
pub(super) const fn same(a: &PatternInfo, b: &PatternInfo) -> bool {
    let mut i = 0;
    while i < a.keys.len() && i < b.keys.len() && a.keys[i].pair_hash == b.keys[i].pair_hash {
        i += 1;
    }
    a.keys.len() == b.keys.len() && i == a.keys.len()
}

/// Whether some message matches both patterns: whether some value fits both, for each key they share.
pub(super) const fn meet(a: &PatternInfo, b: &PatternInfo) -> bool {
    let mut i = 0;
    while i < a.keys.len() {
        match key(b.keys, a.keys[i].name_hash) {
            Some(other) if !values_meet(&a.keys[i], other) => return false,
            _ => {}
        }
        i += 1;
    }
    true
}

const fn values_meet(a: &KeyInfo, b: &KeyInfo) -> bool {
    if a.pair_hash == b.pair_hash {
        return true;
    }
    match (a.value, b.value) {
        (ValueRef::Glob(any), _) | (_, ValueRef::Glob(any)) if glob::is_any(any) => true,
        (ValueRef::Glob(a), ValueRef::Glob(b)) => glob::meet(a, b),
        (ValueRef::Glob(glob), ValueRef::Str(text)) | (ValueRef::Str(text), ValueRef::Glob(glob)) => {
            glob::fits(glob, text)
        }
        // Two exact values with different hashes differ, and other globs fit text only.
        _ => false,
    }
}

/// As [`meet`], for patterns that are made when the program starts.
pub(crate) fn patterns_meet(a: &Pattern, b: &Pattern) -> bool {
    a.iter().all(|(name, value)| {
        b.get(name).is_none_or(|other| match (value.as_ref(), other.as_ref()) {
            (ValueRef::Glob(any), _) | (_, ValueRef::Glob(any)) if glob::is_any(any) => true,
            (ValueRef::Glob(a), ValueRef::Glob(b)) => glob::meet(a, b),
            (a, b) => fits(a, b) || fits(b, a),
        })
    })
}

/// Whether `wide` matches every message that `narrow` matches; both have the same keys.
pub(super) const fn covers(wide: &PatternInfo, narrow: &PatternInfo) -> bool {
    let mut i = 0;
    while i < wide.keys.len() {
        match key(narrow.keys, wide.keys[i].name_hash) {
            Some(key) if value_covers(&wide.keys[i], key) => {}
            _ => return false,
        }
        i += 1;
    }
    true
}

/// Whether `wide` matches every message that `narrow` matches: it has no other keys, and takes what `narrow` takes.
pub(crate) fn pattern_covers(wide: &Pattern, narrow: &Pattern) -> bool {
    wide.iter().all(|(name, value)| {
        narrow.get(name).is_some_and(|other| match (value.as_ref(), other.as_ref()) {
            (ValueRef::Glob(any), _) if glob::is_any(any) => true,
            (_, ValueRef::Glob(any)) if glob::is_any(any) => false,
            (ValueRef::Glob(wide), ValueRef::Glob(narrow)) => glob::covers(wide, narrow),
            (wide, narrow) => fits(wide, narrow),
        })
    })
}

const fn value_covers(wide: &KeyInfo, narrow: &KeyInfo) -> bool {
    if wide.pair_hash == narrow.pair_hash {
        return true;
    }
    match (wide.value, narrow.value) {
        (ValueRef::Glob(any), _) if glob::is_any(any) => true,
        // `*` takes numbers too, which no other glob does.
        (_, ValueRef::Glob(any)) if glob::is_any(any) => false,
        (ValueRef::Glob(wide), ValueRef::Glob(narrow)) => glob::covers(wide, narrow),
        (ValueRef::Glob(glob), ValueRef::Str(text)) => glob::fits(glob, text),
        _ => false,
    }
}

/// Whether a message whose key always has the value `given` can have the value `asked`.
pub(super) const fn fits(asked: ValueRef<'_>, given: ValueRef<'_>) -> bool {
    match (asked, given) {
        (ValueRef::Glob(any), _) if glob::is_any(any) => true,
        (ValueRef::Glob(glob), ValueRef::Str(text)) => glob::fits(glob, text),
        (ValueRef::Str(a), ValueRef::Str(b)) => glob::same(a, b),
        (ValueRef::Int(a), ValueRef::Int(b)) => a == b,
        (ValueRef::Bool(a), ValueRef::Bool(b)) => a == b,
        _ => false,
    }
}
