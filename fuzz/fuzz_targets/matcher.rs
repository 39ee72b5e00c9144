//! `Matcher` beside a plain walk over all patterns: the same winner, the same order, whatever came and went before.

#![no_main]

use std::cmp::Reverse;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use matchbus::pattern::{Compare, Pattern, Scalar, Value};
use matchbus::router::Matcher;

// So few names and texts that patterns meet; some on either side of a limit (sixteen bytes, UTF-16 order).
const NAMES: [&str; 12] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "～", "😀", "", "a name of more than 16 bytes"];
const TEXTS: [&str; 8] =
    ["", "x", "xy", "yx", "1", "true", "exactly16bytes..", "a text of more than 16 bytes"];
const GLOBS: [&str; 8] = ["*", "x*", "*x", "?", "??", "x?", "*y*", "?*6*"];

fuzz_target!(|bytes: &[u8]| {
    // An end of the bytes is an end of the run.
    let _ = run(&mut Unstructured::new(bytes));
});

fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    // Comparison as text is left to the properties in runtime/tests/router.rs.
    let mut matcher = Matcher::with_compare(Compare::Typed);
    let mut known: Vec<(Pattern, i32, u32)> = Vec::new();
    let mut number = 0;
    while !bytes.is_empty() {
        match bytes.int_in_range(0..=7)? {
            0..=3 => {
                let (pattern, rank) = (pattern(bytes)?, bytes.int_in_range(-1..=1)?);
                number += 1;
                let before = known.iter_mut().find(|(p, ..)| *p == pattern).map(|entry| {
                    entry.1 = rank;
                    std::mem::replace(&mut entry.2, number)
                });
                assert_eq!(matcher.add_ranked(&pattern, rank, number), before);
                assert_eq!(matcher.get(&pattern), Some(&number));
                if before.is_none() {
                    known.push((pattern, rank, number));
                }
            }
            4 => {
                let pattern = match known.len() {
                    0 => pattern(bytes)?,
                    _ => bytes.choose(&known)?.0.clone(),
                };
                let before = known.iter().position(|(p, ..)| *p == pattern).map(|at| known.remove(at).2);
                assert_eq!(matcher.remove(&pattern), before);
                assert_eq!(matcher.get(&pattern), None);
            }
            _ => {
                let message = message(bytes)?;
                let expected = walk(&known, &message);
                let found: Vec<u32> = matcher.find_all(&message).iter().map(|found| *found.value()).collect();
                assert_eq!(found, expected, "{message:?} among {known:?}");
                let winner = matcher.find(&message).map(|found| *found.value());
                assert_eq!(winner, expected.first().copied(), "{message:?} among {known:?}");
                let explained = matcher.explain(&message);
                assert_eq!(explained.winner().and_then(|pattern| matcher.get(pattern)).copied(), winner);
                assert!(!explained.to_string().is_empty());
            }
        }
        assert_eq!(matcher.len(), known.len());
    }
    Ok(())
}

/// All that fit, the best first: more keys, then rank, then exact values, then names, then text (rule M3).
fn walk(known: &[(Pattern, i32, u32)], message: &[(&str, Scalar<'_>)]) -> Vec<u32> {
    let fits = |value: &Value, name: &str| {
        message.iter().any(|(n, found)| *n == name && value.fits(Compare::Typed, *found))
    };
    let mut all: Vec<_> =
        known.iter().filter(|(pattern, ..)| pattern.iter().all(|(name, value)| fits(value, name))).collect();
    all.sort_by_key(|(pattern, rank, _)| {
        let exact = pattern.iter().filter(|(_, value)| !value.is_glob()).count();
        let names: Vec<String> = pattern.iter().map(|(name, _)| name.to_owned()).collect();
        (Reverse(pattern.len()), Reverse(*rank), Reverse(exact), names, pattern.to_string())
    });
    all.into_iter().map(|(.., number)| *number).collect()
}

fn pattern(bytes: &mut Unstructured<'_>) -> Result<Pattern> {
    let mut pairs = Vec::new();
    for name in some_names(bytes, 5)? {
        let value = match bytes.int_in_range(0..=5)? {
            0..=2 => Value::text(*bytes.choose(&TEXTS)?),
            3 => Value::from(*bytes.choose(&GLOBS)?),
            4 => Value::Int(bytes.int_in_range(0..=2)?),
            _ => Value::Bool(bytes.arbitrary()?),
        };
        pairs.push((name, value));
    }
    Ok(Pattern::new(pairs).expect("names are given once"))
}

fn message(bytes: &mut Unstructured<'_>) -> Result<Vec<(&'static str, Scalar<'static>)>> {
    let mut fields = Vec::new();
    for name in some_names(bytes, 9)? {
        let value = match bytes.int_in_range(0..=9)? {
            0..=4 => Scalar::Str(bytes.choose(&TEXTS)?),
            5 => Scalar::Int(bytes.int_in_range(0..=2)?),
            6 => Scalar::Bool(bytes.arbitrary()?),
            7 => Scalar::Float(*bytes.choose(&[0.0, 1.0, 1.5, f64::MAX])?),
            8 => Scalar::Null,
            _ => *bytes.choose(&[Scalar::List, Scalar::Object])?,
        };
        fields.push((name, value));
    }
    Ok(fields)
}

/// Different names, in any order.
fn some_names(bytes: &mut Unstructured<'_>, most: usize) -> Result<Vec<&'static str>> {
    let mut names: Vec<&str> = Vec::new();
    for _ in 0..bytes.int_in_range(0..=most)? {
        let name = *bytes.choose(&NAMES)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}
