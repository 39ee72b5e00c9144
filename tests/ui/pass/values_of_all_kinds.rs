#![deny(warnings)]
use matchbus::prelude::*;

fn info<T: matchbus::registry::Services>() -> &'static matchbus::registry::Info {
    &T::LIST[0]
}

use matchbus::pattern::ValueRef;

#[service(
    text = "cart",
    "user-id" = 7,
    negative = -1,
    hex = 0xff,
    big = 9_223_372_036_854_775_807,
    least = -9223372036854775808,
    yes = true,
    no = false,
    glob = "ca*",
    one = "c?t",
    any = "*",
    star = "a**b",
    question = "what*?",
    mixed = "a***",
)]
async fn handler(_: Value) {}

fn main() {
    let pattern = &info::<handler>().patterns[0];
    let value = |name| pattern.keys.iter().find(|key| key.name == name).unwrap().value;
    assert_eq!(value("text"), ValueRef::Str("cart"));
    assert_eq!(value("user-id"), ValueRef::Int(7));
    assert_eq!(value("negative"), ValueRef::Int(-1));
    assert_eq!(value("hex"), ValueRef::Int(255));
    assert_eq!(value("big"), ValueRef::Int(i64::MAX));
    assert_eq!(value("least"), ValueRef::Int(i64::MIN));
    assert_eq!(value("yes"), ValueRef::Bool(true));
    assert_eq!(value("no"), ValueRef::Bool(false));
    assert_eq!(value("glob"), ValueRef::Glob("ca*"));
    assert_eq!(value("one"), ValueRef::Glob("c?t"));
    assert_eq!(value("any"), ValueRef::Glob("*"));
    assert_eq!(value("star"), ValueRef::Str("a*b"));
    assert_eq!(value("question"), ValueRef::Str("what?"));
    assert_eq!(value("mixed"), ValueRef::Glob("a***"));
    assert!(pattern.keys.is_sorted_by_key(|key| key.name));
}
