//! Bad input, case by case: each is a typed error that names the message, the pattern and the place, and never a panic.

use std::collections::BTreeMap;

use matchbus::prelude::*;
use matchbus::services;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "order", cmd = "put", reply(Receipt))]
struct PutOrder {
    customer: Customer,
    items: Vec<Item>,
    #[serde(default)]
    paid: bool,
    reply: Option<ReplyAs>,
}

#[derive(Serialize, Deserialize)]
struct Customer {
    id: u32,
    tier: Option<Tier>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    Gold,
}

#[derive(Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: u8,
}

#[derive(Serialize, Deserialize)]
enum ReplyAs {
    MapWithListKeys,
    OtherShape,
}

/// A reply that some handlers cannot write.
#[derive(Serialize, Deserialize, Default, Debug)]
struct Receipt {
    total: u32,
    #[serde(default, skip_deserializing)]
    by: BTreeMap<(u8, u8), u8>,
}

#[service(role = "order", cmd = "put")]
async fn put(msg: PutOrder) -> Receipt {
    let total = msg.items.iter().map(|item| u32::from(item.qty)).sum();
    let by = match msg.reply {
        Some(ReplyAs::MapWithListKeys) => BTreeMap::from([((1, 2), 3)]),
        _ => BTreeMap::new(),
    };
    Receipt { total, by }
}

/// A case: what is sent, and what the error must be: code, outcome, place, and a part of the text.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    code: &'static str,
    outcome: Outcome,
    path: Option<&'static str>,
    text: &'static str,
}

fn case(
    name: &'static str,
    bytes: impl Into<Vec<u8>>,
    code: &'static str,
    path: impl Into<Option<&'static str>>,
    text: &'static str,
) -> Case {
    Case { name, bytes: bytes.into(), code, outcome: Outcome::NotDone, path: path.into(), text }
}

fn order(rest: &str) -> String {
    format!(r#"{{"role":"order","cmd":"put",{rest}}}"#)
}

fn cases() -> Vec<Case> {
    let deep = "[".repeat(100) + &"]".repeat(100);
    let keys = (0..10_001).fold(String::new(), |keys, n| keys + &format!(r#","k{n}":1"#));
    let large = "x".repeat(1 << 20);
    vec![
        case("nothing", "", "malformed", "$", "no message"),
        case("no object", "[1,2]", "malformed", "$", "no message"),
        case("text", "hello", "malformed", "$", "no message"),
        case("cut off", r#"{"role":"order","cmd":"pu"#, "malformed", None, "no message"),
        case("trailing comma", r#"{"role":"order",}"#, "malformed", None, "no message"),
        case("two messages", r#"{"role":"order"}{"role":"order"}"#, "malformed", None, "no message"),
        case("a key given twice", r#"{"role":"order","role":"other"}"#, "malformed", "$.role", "twice"),
        case("the same, escaped", r#"{"role":"order","r\u006fle":"other"}"#, "malformed", "$.role", "twice"),
        case(
            "a key given twice, deeper",
            order(r#""customer":{"id":1,"id":2}"#),
            "malformed",
            "$.customer.id",
            "twice",
        ),
        case("too deep", order(&format!(r#""items":{deep}"#)), "malformed", None, "64"),
        case("too many keys", order(&format!(r#""customer":{{"id":1{keys}}}"#)), "malformed", None, "10"),
        case("too large", order(&format!(r#""items":["{large}"]"#)), "malformed", None, "1048576"),
        case("not UTF-8", b"{\"role\":\"ord\xffer\"}".to_vec(), "malformed", None, "UTF-8"),
        case(
            "a byte order mark",
            b"\xef\xbb\xbf{\"role\":\"order\"}".to_vec(),
            "malformed",
            None,
            "no message",
        ),
        case("a NUL", b"{\"role\":\"or\0der\"}".to_vec(), "malformed", None, "no message"),
        case("not a number", r#"{"role":NaN}"#, "malformed", None, "no message"),
        case("a lone surrogate", r#"{"role":"\ud800"}"#, "malformed", None, "no message"),
        case("nobody answers", r#"{"role":"order","cmd":"putt"}"#, "no-handler", None, "cmd:put,role:order"),
        case(
            "a value of another type routes elsewhere",
            r#"{"role":1,"cmd":"put"}"#,
            "no-handler",
            None,
            "cmd:put",
        ),
        case("a missing field", order(r#""items":[]"#), "invalid-message", "$", "customer"),
        case(
            "a missing field, deeper",
            order(r#""customer":{},"items":[]"#),
            "invalid-message",
            "$.customer",
            "id",
        ),
        case(
            "a wrong type",
            order(r#""customer":{"id":"7"},"items":[]"#),
            "invalid-message",
            "$.customer.id",
            "u32",
        ),
        case(
            "a number that does not fit",
            order(r#""customer":{"id":1},"items":[{"sku":"a","qty":1},{"sku":"b","qty":256}]"#),
            "invalid-message",
            "$.items[1].qty",
            "256",
        ),
        case(
            "a huge number",
            order(r#""customer":{"id":1e400},"items":[]"#),
            "malformed",
            "$.customer.id",
            "range of a double",
        ),
        case(
            "a word nobody knows",
            order(r#""customer":{"id":1,"tier":"silver"},"items":[]"#),
            "invalid-message",
            "$.customer.tier",
            "silver",
        ),
        case(
            "null for a list",
            order(r#""customer":{"id":1},"items":null"#),
            "invalid-message",
            "$.items",
            "null",
        ),
        Case {
            outcome: Outcome::Unknown,
            ..case(
                "a reply that cannot be written",
                order(r#""customer":{"id":1},"items":[],"reply":"MapWithListKeys""#),
                "unwritable-reply",
                Some("$.by"),
                "reply cannot be written as JSON",
            )
        },
    ]
}

#[tokio::test]
async fn each_case_is_a_typed_error_that_names_message_pattern_and_place() {
    let bus = Bus::with(services![put]).unwrap();
    for case in cases() {
        let error = bus.act_bytes(&case.bytes).await.expect_err(case.name);
        let CallError::Bus(error) = &error else { panic!("{}: {error:?}", case.name) };
        let shown = format!("{}: {error:?}", case.name);
        assert_eq!((error.code(), error.outcome()), (case.code, case.outcome), "{shown}");
        assert!(error.to_string().contains(case.text), "{shown}");
        assert!(error.message_id().is_some_and(|id| id.len() == 36), "{shown}");
        if matches!(case.code, "invalid-message" | "unwritable-reply") {
            assert_eq!(error.pattern(), Some("cmd:put,role:order"), "{shown}");
        }
        if let Some(path) = case.path {
            assert_eq!(error.path(), Some(path), "{shown}");
        }
        println!("{shown}");
    }
    // After all that, good messages are answered as before, and nothing is in flight.
    let good =
        order(r#""customer":{"id":1,"tier":"gold"},"items":[{"sku":"a","qty":2}],"unknown":{"key":[1]}"#);
    assert_eq!(bus.act_bytes(good.as_bytes()).await.unwrap(), br#"{"total":2,"by":{}}"#);
    assert_eq!(bus.flows().in_flight(), 0);
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "order", cmd = "put", reply(Total))]
struct PutForTotal {
    customer: Value,
    items: Vec<Value>,
    reply: Option<String>,
}

#[derive(Deserialize, Serialize, Debug)]
struct Total {
    total: String,
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "order", cmd = "put", reply(Receipt))]
struct Unwritable {
    by: BTreeMap<(u8, u8), u8>,
}

#[tokio::test]
async fn typed_callers_get_typed_errors_too() {
    let bus = Bus::with(services![put]).unwrap();
    let message = PutForTotal { customer: serde_json::json!({"id": 1}), items: vec![], reply: None };
    let error = bus.call(message).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::Unknown, "undecodable-reply"));
    assert!(error.to_string().contains("PutForTotal"), "{error}");
    let error = bus.call(Unwritable { by: BTreeMap::from([((1, 2), 3)]) }).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "invalid-message"));
    assert!(error.to_string().contains("Unwritable"), "{error}");
}

#[tokio::test]
async fn limits_can_be_set() {
    let limits = matchbus::message::json::Limits::new().bytes(64).depth(3);
    let bus = Bus::builder().services(services![put]).limits(limits).start().unwrap();
    let long = order(r#""customer":{"id":1},"items":[{"sku":"a long one","qty":2}]"#);
    assert!(bus.act_bytes(long.as_bytes()).await.unwrap_err().to_string().contains("64"));
}
