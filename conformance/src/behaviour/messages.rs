use matchbus::{Bus, Outcome};
use serde_json::{Map, Value, json};

use super::failure;
use crate::World;
use crate::services::Numbers;

/// Rule M7.
const LIMIT: usize = 1024 * 1024;
const DEEPEST: usize = 64;

/// A message for `echo` of so many bytes, with its keys in the order in which a `Value` has them.
fn of_size(bytes: usize) -> Vec<u8> {
    let (begin, end) = (br#"{"long":""#, br#"","suite":"echo"}"#);
    let mut message = begin.to_vec();
    message.resize(bytes - end.len(), b'x');
    message.extend_from_slice(end);
    message
}

/// A message for `echo` with so many levels, itself the first.
fn of_depth(levels: usize) -> Vec<u8> {
    let inner = levels - 1;
    format!(r#"{{"deep":{}{},"suite":"echo"}}"#, "[".repeat(inner), "]".repeat(inner)).into_bytes()
}

/// The message comes back from `echo` as it was; `when` says of which one this is told.
async fn comes_back(near: &Bus, message: &[u8], when: &str) {
    let reply = near.act_bytes(message).await.unwrap_or_else(|error| panic!("{when}: {error}"));
    // Not shown: it may be long.
    assert!(reply == message, "{when}: {} bytes came back as {}", message.len(), reply.len());
}

/// To the byte.
pub async fn a_message_up_to_the_limit_is_answered(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for bytes in [64 * 1024, LIMIT - 1, LIMIT] {
        comes_back(&near, &of_size(bytes), "up to the limit").await;
    }
}

/// By a byte or by much; then the next message is answered.
pub async fn a_message_over_the_limit_is_refused_with_the_limit(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for bytes in [LIMIT + 1, LIMIT + 40_000, 8 * LIMIT] {
        let (outcome, _, text) = failure(near.act_bytes(&of_size(bytes)).await);
        assert_eq!(outcome, Outcome::NotDone, "{bytes} bytes: {text}");
        let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | ' ')).collect();
        assert!(digits.contains("1048576") || digits.contains("1MiB"), "{bytes} bytes, and no limit: {text}");
        comes_back(&near, &of_size(100), "after one too large").await;
    }
}

/// Levels are counted, and the frame's own are not.
pub async fn a_message_up_to_the_deepest_is_answered_and_a_deeper_one_refused(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    comes_back(&near, &of_depth(DEEPEST), "the deepest").await;
    for levels in [DEEPEST + 1, DEEPEST + 2, 100] {
        let (outcome, code, text) = failure(near.act_bytes(&of_depth(levels)).await);
        assert_eq!((outcome, code.as_str()), (Outcome::NotDone, "malformed"), "{levels} levels: {text}");
        assert!(text.contains("64"), "{levels} levels, and no limit: {text}");
    }
}

/// A reply may be larger than a message.
pub async fn a_large_reply_comes_whole(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for bytes in [70_000, 2 * LIMIT, 5_000_000] {
        let reply = near.act(json!({"suite": "give", "bytes": bytes})).await.unwrap();
        assert_eq!(reply.as_str().map(str::len), Some(bytes));
    }
}

/// Nulls, lists, nesting, text of any kind.
pub async fn odd_values_come_back_as_they_were(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let every_char: String = (0_u32..0x3000).step_by(7).filter_map(char::from_u32).collect();
    for value in [
        json!(null),
        json!([]),
        json!({}),
        json!([null, [null], {"a": null}]),
        json!([1, "1", true, null, 1.5, [], {}]),
        json!({"a": {"b": {"c": [{"d": [[[]]]}]}}}),
        json!(""),
        json!(" "),
        json!("\0\u{1}\u{1f}\u{7f}"),
        json!("line\nbreak\r\n\ttab"),
        json!("\"quoted\" \\ back / slash \\n"),
        json!("日本語 ελληνικά עברית \u{1f980}\u{200d}\u{fe0f}\u{feff}"),
        json!("\u{2028}\u{2029}\u{85}"),
        json!(every_char),
        json!("{\"suite\":\"boom\"}"),
        json!("$"),
        json!("</script><!-- % %00 %s {} -->"),
        json!((0..5_000).collect::<Vec<_>>()),
    ] {
        let message = json!({"suite": "echo", "value": value});
        assert_eq!(near.act(message.clone()).await.as_ref(), Ok(&message));
    }
}

/// Keys are text, too. Those that end in `$` are Seneca's, and not promised.
pub async fn odd_keys_come_back_as_they_were(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let mut message = Map::new();
    message.insert("suite".into(), "echo".into());
    for key in
        ["", " ", "\0", "a b", "a.b", "a:b", "\"", "\\", "\n", "é", "e\u{301}", "日本", "\u{1f980}", "$a"]
    {
        message.insert(key.into(), key.into());
    }
    // Names of what a frame may have.
    for key in ["id", "kind", "act", "mb", "head", "message", "error", "role", "meta", "res", "sync"] {
        message.insert(key.into(), Value::Null);
    }
    for n in 0..2_000 {
        message.insert(format!("key-{n}"), n.into());
    }
    let message = Value::Object(message);
    assert_eq!(near.act(message.clone()).await.as_ref(), Ok(&message));
}

/// JSON of people, with spaces and line breaks between and escapes inside.
pub async fn odd_spaces_change_nothing(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let meant = json!({"suite": "echo", "a": ["é", "\n", {"b": 1}], "c": 1.5});
    for text in [
        "{\n  \"suite\": \"echo\",\r\n\t\"a\": [\n \"\\u00e9\", \"\\n\", { \"b\": 1 } ],\n  \"c\": 15e-1\n}\n",
        " {\"suite\":\"\\u0065cho\",\"a\":[\"é\",\"\\u000a\",{\"b\":1}],\"\\u0063\":1.50} ",
    ] {
        let reply = near.act_bytes(text.as_bytes()).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&reply).unwrap(), meant, "{text}");
    }
}

/// To the edges of their types.
pub async fn numbers_keep_their_value(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for (signed, unsigned, float) in [
        (0, 0, 0.0),
        (i64::MIN, u64::MAX, f64::MAX),
        (i64::MAX, 1 << 53, f64::MIN_POSITIVE),
        (-1, (1 << 53) + 1, 5e-324),
        (-(1 << 53) - 1, u64::MAX - 1, -0.1),
        (1, 1, 0.1 + 0.2),
    ] {
        let numbers = Numbers { signed, unsigned, float };
        assert_eq!(near.call(numbers.clone()).await, Ok(numbers));
        let message = json!({"suite": "echo", "s": signed, "u": unsigned, "f": float});
        assert_eq!(near.act(message.clone()).await.as_ref(), Ok(&message));
    }
}

/// Whatever is wrong with them; then the next message is answered.
pub async fn bytes_that_are_no_message_are_refused(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for bytes in [
        &b""[..],
        b" ",
        b"null",
        b"[]",
        b"\"suite\"",
        b"{",
        b"{\"suite\":\"echo\"",
        b"{\"suite\":\"echo\"}}",
        b"{\"suite\":\"echo\",}",
        b"{\"suite\":\"echo\",\"suite\":\"boom\"}",
        b"{\"suite\":\"echo\",\"n\":01}",
        b"{\"suite\":\"echo\",\"n\":\"\xff\"}",
        b"{\"suite\":\"echo\",\"n\":\"\x01\"}",
        b"\0",
    ] {
        let (outcome, code, text) = failure(near.act_bytes(bytes).await);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!((outcome, code.as_str()), (Outcome::NotDone, "malformed"), "{shown}: {text}");
    }
    comes_back(&near, &of_size(100), "after what was none").await;
}
