//! What `Scan::decode` says when a message does not fit, and what it borrows when it does.

use matchbus::{
    message::json::{DecodeError, Limits, Malformed, Scan},
    pattern::Scalar,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap, error::Error};

fn scan(text: &str) -> Scan<'_> {
    Scan::read(text.as_bytes(), &Limits::default()).unwrap_or_else(|refused| panic!("{text}: {refused}"))
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Order {
    user: User,
    #[serde(default)]
    items: Vec<Item>,
    #[serde(default, rename = "unit price")]
    unit_price: u32,
    state: Option<State>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct User {
    id: u32,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Item {
    sku: String,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum State {
    Open,
    Paid { at: u64 },
}

#[test]
fn an_error_names_the_place_and_the_reason() {
    for (text, path, reason) in [
        ("{}", "$", "missing field `user`"),
        (r#"{"user":{}}"#, "$.user", "missing field `id`"),
        (r#"{"user":{"id":"x"}}"#, "$.user.id", "invalid type: string \"x\", expected u32"),
        (r#"{"user":{"id":-1}}"#, "$.user.id", "invalid value: integer `-1`, expected u32"),
        (r#"{"user":{"id":1.0}}"#, "$.user.id", "invalid type: floating point `1.0`, expected u32"),
        (r#"{"user":{"id":4294967296}}"#, "$.user.id", "invalid value: integer `4294967296`, expected u32"),
        (r#"{"user":null}"#, "$.user", "invalid type: null, expected struct User"),
        (r#"{"user":{"id":1},"items":[{"sku":"a"},{}]}"#, "$.items[1]", "missing field `sku`"),
        (
            r#"{"items":[{"sku":"a"},{"sku":7}]}"#,
            "$.items[1].sku",
            "invalid type: integer `7`, expected a string",
        ),
        (r#"{"unit price":true}"#, "$[\"unit price\"]", "invalid type: boolean `true`, expected u32"),
        (
            r#"{"nonsense":1}"#,
            "$.nonsense",
            "unknown field `nonsense`, expected one of `user`, `items`, `unit price`, `state`",
        ),
        (r#"{"state":{"paid":{"at":"x"}}}"#, "$.state.paid.at", "invalid type: string \"x\", expected u64"),
        (r#"{"state":"gone"}"#, "$.state", "unknown variant `gone`, expected `open` or `paid`"),
    ] {
        let error = scan(text).decode::<Order>().expect_err(text);
        assert_eq!((error.path(), error.reason()), (path, reason), "{text}");
        assert_eq!(error.line(), 1, "{text}");
        assert_eq!(error.to_string(), format!("the message does not fit its type at {path}: {reason}"));
    }
    let text = format!(r#"{{"user":"{}"}}"#, "x".repeat(10_000));
    assert_eq!(scan(&text).decode::<Order>().unwrap_err().reason().chars().count(), 501);
}

#[test]
fn keys_and_strings_without_escapes_are_borrowed() {
    #[derive(Deserialize)]
    struct Message<'a> {
        a: &'a str,
        #[serde(borrow)]
        b: Cow<'a, str>,
        #[serde(borrow)]
        c: &'a RawValue,
        #[serde(borrow)]
        d: Cow<'a, str>,
        #[serde(borrow)]
        e: BTreeMap<&'a str, &'a str>,
    }
    let text = r#"{"a":"one","b":"two","c":[1, 2],"d":"thr\u0065e","e":{"k":"v"}}"#;
    let message: Message<'_> = scan(text).decode().unwrap();
    let inside = |part: &str| text.as_bytes().as_ptr_range().contains(&part.as_ptr());
    assert!(inside(message.a) && inside(message.c.get()) && inside(message.e["k"]));
    assert!(matches!(message.b, Cow::Borrowed("two")));
    assert_eq!(message.d, "three");
    assert_eq!((message.a, message.c.get()), ("one", "[1, 2]"));
    let scan = scan(text);
    assert!(inside(scan.key(0)) && inside(scan.raw(3)));
    assert!(matches!(scan.scalar(0), Scalar::Str(text) if inside(text)));
    // Unescaped once, and kept.
    let Scalar::Str(first) = scan.scalar(3) else { panic!() };
    let Scalar::Str(second) = scan.scalar(3) else { panic!() };
    assert_eq!((first, first.as_ptr()), ("three", second.as_ptr()));
}

#[test]
fn scalars_are_what_matching_compares() {
    let scan = scan(
        r#"{"s":"a","e":"\n","i":-7,"z":-0,"m":9223372036854775807,"n":-9223372036854775808,
            "u":9223372036854775808,"f":1.0,"x":1e2,"t":true,"o":false,"0":null,"l":[1],"j":{}}"#,
    );
    let expected = [
        Scalar::Str("a"),
        Scalar::Str("\n"),
        Scalar::Int(-7),
        Scalar::Int(0),
        Scalar::Int(i64::MAX),
        Scalar::Int(i64::MIN),
        Scalar::Float(9_223_372_036_854_775_808.0),
        Scalar::Float(1.0),
        Scalar::Float(100.0),
        Scalar::Bool(true),
        Scalar::Bool(false),
        Scalar::Null,
        Scalar::List,
        Scalar::Object,
    ];
    assert_eq!((0..scan.len()).map(|i| scan.scalar(i)).collect::<Vec<_>>(), expected);
    assert_eq!((scan.get("f"), scan.get("F"), scan.get("")), (Some(7), None, None));
}

#[test]
fn many_keys_with_escapes() {
    let text: Vec<String> = (0..100).map(|i| format!(r#""\u006b{i}":"\u0076{i}""#)).collect();
    let text = format!("{{{}}}", text.join(","));
    let scan = scan(&text);
    for i in 0..100 {
        assert_eq!((scan.key(i), scan.scalar(i)), (format!("k{i}").as_str(), Scalar::Str(&format!("v{i}"))));
    }
    assert_eq!(scan.decode::<BTreeMap<String, String>>().unwrap()["k99"], "v99");
    assert_eq!(format!("{:?}", scan.clone()).matches("k5").count(), 11);
}

#[test]
#[should_panic(expected = "key 1 was asked for, but the message has 1 keys")]
fn a_key_that_is_not_there() {
    scan(r#"{"a":1}"#).raw(1);
}

#[test]
fn everything_can_cross_threads() {
    fn check<T: Send + Sync>() {}
    fn check_error<T: Error + Send + Sync + 'static>() {}
    check::<Scan<'_>>();
    check_error::<Malformed>();
    check_error::<DecodeError>();
}
