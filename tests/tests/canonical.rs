//! The macros and the runtime write the same canonical text and the same hashes; neither knows the other.

use matchbus::pattern::{Pattern, PatternInfo, ValueRef, fnv1a};
use matchbus::prelude::*;
use matchbus::registry::Services;

#[service(
    (text = "cart", "user-id" = 7, negative = -1, yes = true, no = false),
    (glob = "ca*", one = "c?t", any = "*", star = "a**b", question = "what*?", mixed = "a***"),
    (a = "", b = "1", c = "-1", d = "+1", e = "1.5", f = ".5", g = "1e3", h = "true", i = "false", j = "null"),
    (a = "a b", b = "a,b", c = "a:b", d = "a\"b", e = "a\\b", f = "a\nb", g = "a\u{a0}b", h = "\u{1}", i = "\u{7f}"),
    (a = "a *", b = "a,*", c = "\"*", d = "\\?", e = "*\n", f = "é*", g = "~", h = "~*"),
    ("a b" = 1, "a:b" = 2, "a,b" = 3, "a*b" = 4, "~" = 5, "1" = 6, "true" = 7, "é" = 8, "\"" = 9, "\\" = 10),
    (a = "é", b = "日本", c = "a-b", d = "a.b", e = "0x10", f = "1_000", g = "--1", h = "-", i = "+", j = "1a"),
    (a = 9_223_372_036_854_775_807, b = -9_223_372_036_854_775_808, c = 0),
    (Z = "z", a = "a", Aa = "b", _a = "c"),
)]
async fn handler(_: Value) {}

fn patterns() -> &'static [PatternInfo] {
    <handler as Services>::LIST[0].patterns.as_slice()
}

#[test]
fn texts_agree() {
    for info in patterns() {
        let pattern = Pattern::from(*info);
        assert_eq!(pattern.to_string(), info.text);
        let again: Pattern = info.text.parse().expect("canonical text can be read");
        assert_eq!(again, pattern);
    }
}

#[test]
fn keys_are_sorted_and_hashes_are_fnv1a_of_the_canonical_texts() {
    for info in patterns() {
        assert!(info.keys.is_sorted_by(|a, b| a.name < b.name));
        let (mut names, mut pairs) = (0u64, 0u64);
        for key in info.keys {
            let value = match key.value {
                ValueRef::Str(text) => matchbus::pattern::Value::text(text),
                ValueRef::Glob(glob) => matchbus::pattern::Value::from(glob),
                ValueRef::Int(n) => matchbus::pattern::Value::from(n),
                ValueRef::Bool(b) => matchbus::pattern::Value::from(b),
                other => panic!("{other:?}"),
            };
            let one = Pattern::new([(key.name, value)]).expect("one key");
            assert_eq!(key.name_hash, fnv1a(key.name.as_bytes()), "{one}");
            assert_eq!(key.pair_hash, fnv1a(one.to_string().as_bytes()), "{one}");
            names = names.wrapping_add(key.name_hash);
            pairs = pairs.wrapping_add(key.pair_hash);
        }
        assert_eq!((info.names_hash, info.pairs_hash), (names, pairs));
    }
}
