//! The test kit, as a user's tests use it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::testing::{How, TestBus};
use matchbus::{ErrorReply, services};

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[message(role = "price", cmd = "get", reply(u32))]
struct GetPrice {
    sku: String,
}

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[message(role = "cart", cmd = "add", reply(u32))]
struct AddItem {
    sku: String,
}

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[message(role = "cart", event = "item-added")]
struct ItemAdded {
    sku: String,
    price: u32,
}

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[message(role = "mail", cmd = "queue", external)]
struct QueueMail {
    text: String,
}

#[service(role = "cart", cmd = "add")]
async fn add(
    msg: AddItem,
    price: Call<GetPrice>,
    added: Emit<ItemAdded>,
    mail: Emit<QueueMail>,
) -> Result<u32, matchbus::Error> {
    let price = price.call(GetPrice { sku: msg.sku.clone() }).await?;
    added.publish(ItemAdded { sku: msg.sku, price }).await?;
    mail.send(QueueMail { text: format!("{price}") }).await?;
    Ok(price)
}

#[service(role = "price", cmd = "get")]
async fn get_price(_: GetPrice) -> u32 {
    panic!("the real one must not be called in a test")
}

#[observer(role = "cart", event = "item-added")]
async fn note(_: ItemAdded) {
    tokio::time::sleep(Duration::from_hours(1)).await;
}

fn test_bus() -> TestBus {
    TestBus::of(services![add, get_price, note, ..])
        .replace(|msg: GetPrice| async move { u32::try_from(msg.sku.len()).unwrap() })
        .replace(|_: QueueMail| async {})
        .start()
}

#[tokio::test(start_paused = true)]
async fn handlers_are_replaced_and_every_message_is_recorded() {
    let test = test_bus();
    assert_eq!(test.call(AddItem { sku: "tea".into() }).await.unwrap(), 3);
    let hows: Vec<How> = test.messages().iter().map(|message| message.how).collect();
    assert_eq!(hows, [How::Called, How::Called, How::Published, How::Sent]);
    assert_eq!(test.recorded::<ItemAdded>(), [ItemAdded { sku: "tea".into(), price: 3 }]);
    assert_eq!(test.recorded::<QueueMail>(), [QueueMail { text: "3".into() }]);
    // Virtual time: the observer sleeps an hour, and nobody waits for it.
    test.settled().await;
    assert_eq!(
        test.flows().of("event:item-added,role:cart").unknown,
        1,
        "an observer has a deadline as well"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_still_to_come_is_awaited() {
    let test = test_bus();
    let later = (*test).clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        later.call(AddItem { sku: "milk".into() }).await
    });
    assert_eq!(test.wait_for::<ItemAdded>().await.price, 4);
    assert_eq!(test.wait_for_many::<AddItem>(1).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_never_comes_fails_with_a_text_that_says_what_came() {
    let test = test_bus();
    test.call(AddItem { sku: "tea".into() }).await.unwrap();
    let waiting = tokio::spawn(async move { test.wait_for_many::<ItemAdded>(2).await });
    let panic = waiting.await.unwrap_err().into_panic();
    let text = panic.downcast_ref::<String>().unwrap();
    for part in [
        "waited for 2 of `ItemAdded` (event:item-added,role:cart), and 1 came in 5s",
        r#"called    {"cmd":"add","role":"cart","sku":"tea"}"#,
        r#"published {"event":"item-added","price":3,"role":"cart","sku":"tea"}"#,
        "total     ok  failed",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

#[tokio::test]
async fn a_message_that_must_not_come_is_shown() {
    let test = test_bus();
    test.assert_none::<ItemAdded>();
    test.call(AddItem { sku: "tea".into() }).await.unwrap();
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| test.assert_none::<ItemAdded>())).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("no `ItemAdded` was expected") && text.contains(r#""price":3"#), "{text}");
}

/// Reads its fields by hand and refuses what it does not know.
#[derive(Message, Serialize, Debug)]
#[message(role = "strict", cmd = "do")]
struct Strict {
    n: u32,
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            n: u32,
        }
        Fields::deserialize(deserializer).map(|fields| Strict { n: fields.n })
    }
}

#[service(role = "strict", cmd = "do")]
fn strict(_: Strict) {}

#[test]
fn a_handler_that_refuses_unknown_keys_is_found() {
    matchbus::testing::must_ignore(services![add, get_price, note, ..]);
    let checked = std::panic::catch_unwind(|| matchbus::testing::must_ignore(services![strict]));
    let panic = checked.unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("`strict`") && text.contains("unknown field"), "{text}");
}

#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Line {
    sku: String,
}

/// What a real message has: everything that a sample has to be made up for.
#[derive(Message, Serialize, Deserialize, Debug)]
#[message(role = "nested", cmd = "do", reply(usize))]
struct Nested {
    id: (u8, bool),
    size: Option<Size>,
    kind: Kind,
    notes: std::collections::BTreeMap<String, u32>,
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Goods,
    Digital { url: String },
}

#[derive(Serialize, Deserialize, Debug)]
struct Size {
    cm: f64,
}

#[service(role = "nested", cmd = "do")]
fn nested(msg: Nested) -> usize {
    msg.lines.len()
}

#[test]
fn a_nested_type_that_refuses_unknown_keys_is_found() {
    let checked = std::panic::catch_unwind(|| matchbus::testing::must_ignore(services![nested]));
    let panic = checked.unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("`nested`") && text.contains("/lines/0: unknown field"), "{text}");
}

/// Breaks the rule in its reply, and no type shows it.
#[service(role = "count", cmd = "keys")]
fn count_keys(msg: Value) -> Value {
    msg.as_object().map_or(0, serde_json::Map::len).into()
}

/// Keeps it, though it takes any JSON.
#[service(role = "count", cmd = "*", of = "sku")]
fn count_sku(msg: Value) -> Value {
    msg["sku"].as_str().map_or(0, str::len).into()
}

#[derive(Message, Serialize, Deserialize, Clone, Debug)]
#[message(role = "odd", cmd = "do", reply(u32))]
struct Odd {
    word: Palindrome,
}

#[derive(Serialize, Clone, Debug)]
struct Palindrome(String);

impl<'de> Deserialize<'de> for Palindrome {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let same = word.len() > 3 && word.chars().eq(word.chars().rev());
        if same { Ok(Palindrome(word)) } else { Err(serde::de::Error::custom("no palindrome")) }
    }
}

#[service(role = "odd", cmd = "do")]
fn odd(msg: Odd) -> u32 {
    u32::from(!msg.word.0.is_empty())
}

/// What the check says where it fails.
async fn minded(test: &TestBus) -> String {
    let test = test.clone();
    let failed = tokio::spawn(async move { test.must_ignore().await }).await.unwrap_err();
    failed.into_panic().downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn each_handler_is_given_unknown_keys_and_must_answer_as_before() {
    test_bus().must_ignore().await;
    TestBus::of(services![count_sku]).start().must_ignore().await;

    let text = minded(&TestBus::of(services![count_keys, count_sku, strict, nested]).start()).await;
    for part in [
        "`count_keys` (runtime/tests/test_kit.rs:",
        "with an unknown key at the top of {\"cmd\":\"keys\",\"role\":\"count\"} it answers 3, and without that key 2",
        "`strict`",
        "`nested`",
        "/lines/0: unknown field",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("count_sku"), "{text}");
}

#[tokio::test]
async fn a_type_for_which_nothing_can_be_made_up_is_told_and_taken_from_the_test() {
    let test = TestBus::of(services![odd]).start();
    let text = minded(&test).await;
    assert!(text.contains("`odd`") && text.contains("call it once in this test before"), "{text}");
    assert_eq!(test.call(Odd { word: Palindrome("otto".into()) }).await.unwrap(), 1);
    test.must_ignore().await;
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "kept", reply(Value))]
struct Kept {
    prices: std::collections::BTreeMap<String, u32>,
    loose: Loose,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Counts(std::collections::BTreeMap<String, u32>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Tight {
    Line(Line),
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "tight", reply(u32))]
struct Tightly {
    line: Tight,
}

/// Gives back what it was given, by design.
#[service(role = "kept")]
fn keep(msg: Kept) -> Value {
    serde_json::json!({"kept": msg.rest, "prices": msg.prices})
}

/// Fails by its own logic, whatever keys there are, and quotes them.
#[service(role = "quoted")]
fn quote(msg: Value) -> Result<Value, ErrorReply> {
    Err(ErrorReply::new("too-few", format!("too few of {msg}")))
}

#[service(role = "tight")]
fn tight(_: Tightly) -> u32 {
    1
}

#[tokio::test]
async fn what_is_no_unknown_key_by_design_is_no_alarm() {
    TestBus::of(services![keep]).start().must_ignore().await;
    TestBus::of(services![quote]).start().must_ignore().await;
    // An untagged `enum` does not say that it minds the key, and minds it all the same.
    let test = TestBus::of(services![tight]).start();
    test.call(Tightly { line: Tight::Line(Line { sku: "tea".into() }) }).await.unwrap();
    let text = minded(&test).await;
    assert!(text.contains("`tight`") && text.contains("in /line"), "{text}");
}

#[tokio::test]
async fn a_closure_in_place_of_a_handler_may_fail_without_naming_the_error() {
    let test = TestBus::of(services![add, ..])
        .replace_result(|msg: GetPrice| async move { Ok(u32::try_from(msg.sku.len()).unwrap_or(0)) })
        .replace_result(|_: QueueMail| async { Ok(()) })
        .start();
    assert_eq!(test.call(AddItem { sku: "tea".into() }).await.unwrap(), 3);
}

#[cfg(feature = "virtual-time")]
#[test]
fn virtual_time_takes_no_time_and_repeats_ids() {
    let run = || {
        matchbus::testing::virtual_time(async {
            let begin = matchbus::seam::clock::now();
            tokio::time::sleep(Duration::from_hours(24)).await;
            assert_eq!(begin.elapsed(), Duration::from_hours(24));
            matchbus::seam::random::next()
        })
    };
    assert_eq!(run(), run());
}

matchbus::registry_test!();
