use std::collections::BTreeMap;

use proc_macro2::Span;

use super::{Pattern, Value, claim_name};
use crate::attribute::Key;
use crate::errors::Errors;

fn pattern(pairs: &[(&str, Value)]) -> Pattern {
    let keys = pairs.iter().map(|(name, value)| Key {
        name: (*name).to_owned(),
        span: Span::call_site(),
        value: value.clone(),
    });
    Pattern::new(keys, Span::call_site(), &mut Errors::new())
}

fn text(text: &str) -> Value {
    Value::from_text(text)
}

#[test]
fn keys_are_sorted_and_names_say_them() {
    let pattern = pattern(&[("role", text("cart")), ("cmd", text("add"))]);
    assert_eq!(pattern.text, "cmd:add,role:cart");
    assert_eq!(pattern.json(), r#""cmd":"add","role":"cart""#);
    assert_eq!(claim_name("service", None, &pattern), "service_where_cmd_is_add_and_role_is_cart");
    assert_eq!(
        claim_name("observer", Some("stock"), &pattern),
        "observer_of_stock_where_cmd_is_add_and_role_is_cart"
    );
}

#[test]
fn ambiguous_text_stands_in_quotes() {
    let one = |value: Value| pattern(&[("k", value)]).text;
    for plain in ["cart", "a-b", "é", "x1", "a.b"] {
        assert_eq!(one(Value::Text(plain.into())), format!("k:{plain}"));
    }
    for quoted in [
        "", "1", "-1", "+1", "1.5", ".5", "1e3", "true", "false", "null", "a b", "a,b", "a:b", "a*", "a?",
        "a\u{a0}b",
    ] {
        assert_eq!(one(Value::Text(quoted.into())), format!("k:\"{quoted}\""));
    }
    assert_eq!(one(Value::Text("a\"b\\c\n".into())), r#"k:"a\"b\\c\n""#);
    assert_eq!(one(Value::Glob("a*".into())), "k:a*");
    assert_eq!(one(Value::Glob("a *".into())), "k:~\"a *\"");
    assert_eq!(one(Value::Int(-5)), "k:-5");
    assert_eq!(one(Value::Bool(true)), "k:true");
    assert_eq!(pattern(&[("a:b", text("x"))]).text, "\"a:b\":x");
}

#[test]
fn globs_and_escapes() {
    assert_eq!(text("a"), Value::Text("a".into()));
    assert_eq!(text("a*"), Value::Glob("a*".into()));
    assert_eq!(text("a?"), Value::Glob("a?".into()));
    assert_eq!(text("a**b*?"), Value::Text("a*b?".into()));
    assert_eq!(text("a***"), Value::Glob("a***".into()));
}

/// Different patterns have different names, or the compiler would refuse good programs.
#[test]
fn names_are_injective() {
    let words = [
        "a", "b", "is", "and", "a_and_b", "a_is_b", "1", "-1", "", "_", "__", " ", "a b", "*", "**", "é",
        "è", "true", "A",
    ];
    let mut values: Vec<Value> = words.iter().map(|word| text(word)).collect();
    values.extend([Value::Int(1), Value::Int(-1), Value::Bool(true), Value::Glob("a?".into())]);
    let mut names = BTreeMap::new();
    let mut see = |pattern: Pattern, group: Option<&str>| {
        let name = claim_name("observer", group, &pattern);
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{name}");
        let all = format!("{group:?} {}", pattern.text);
        if let Some(other) = names.insert(name, all.clone()) {
            assert_eq!(other, all);
        }
    };
    for key in words.iter().filter(|word| !word.is_empty()) {
        for value in &values {
            see(pattern(&[(key, value.clone())]), None);
            see(pattern(&[(key, value.clone())]), Some("g"));
            see(pattern(&[(key, value.clone())]), Some("g_where_a"));
            for second in &values {
                see(pattern(&[(key, value.clone()), ("z", second.clone())]), None);
            }
        }
    }
}
