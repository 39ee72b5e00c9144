//! What comes back: replies, errors, and what goes beside a message.

use std::sync::atomic::Ordering;
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::transport::Exposed;
use matchbus::{Id, TraceParent};
use serde_json::json;

use super::kit;
use super::kit::{Far, StockError, act, call, head};

#[tokio::test]
async fn a_message_without_a_frame_is_told_how_to_be_sent() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let answer = raw.ask(json!({"id": "7", "role": "echo"})).await;
    assert_eq!(answer["id"], "7");
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(text.contains("no `kind`") && text.contains(r#""kind":"act""#), "{text}");
    // Another version's frames are still passed over, and the connection goes on.
    raw.write("{\"kind\":\"later\",\"id\":\"8\"}\n").await;
    assert_eq!(raw.ask(act("9", json!({"role": "echo"}))).await["res"], json!({"role": "echo"}));
}

#[tokio::test]
async fn a_reply_is_byte_for_byte_the_handler_s() {
    let far = Far::listen("").await;
    let link = far.link();
    for reply in
        [json!({"role": "echo", "text": "café \n \"q\"", "n": [1, null, 2.5]}), json!({"role": "echo"})]
    {
        assert_eq!(call(&link, reply.clone()).await.unwrap(), reply);
    }
    let pretty = b"{\n  \"role\": \"echo\"\r\n}";
    assert_eq!(link.call(pretty, &head()).await.unwrap(), br#"{"role":"echo"}"#);
}

#[tokio::test]
async fn the_service_s_own_error_comes_back_whole() {
    let far = Far::listen("").await;
    let message = json!({"role": "stock", "cmd": "take", "sku": "none", "n": 1});
    let error = call(&far.link(), message.clone()).await.unwrap_err();
    assert_eq!(error, far.bus.act(message).await.unwrap_err());
    let error = error.app().unwrap();
    assert_eq!((&*error.code, error.retryable, error.status), ("out-of-stock", true, 409));
    assert_eq!(error.message, "no none left");
    assert!(serde_json::from_value::<StockError>(error.details.clone()).is_ok());
}

#[tokio::test]
async fn the_bus_s_errors_come_back_whole() {
    let far = Far::listen("").await;
    for (message, code) in [
        (json!({"role": "stock", "cmd": "take", "sku": 7}), "invalid-message"),
        (json!({"role": "nobody"}), "no-handler"),
    ] {
        let there = call(&far.link(), message.clone()).await.unwrap_err();
        let here = far.bus.act(message).await.unwrap_err();
        let (there, here) = (there.bus().unwrap(), here.bus().unwrap());
        assert_eq!((there.code(), there.outcome()), (code, Outcome::NotDone));
        assert_eq!((there.path(), there.pattern()), (here.path(), here.pattern()));
        // The ids differ; nothing else does.
        let text = |error: &matchbus::Error| error.to_string().replace(error.message_id().unwrap(), "");
        assert_eq!(text(there), text(here));
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_by_the_router() {
    let far = Far::listen("").await;
    let link = far.link();
    for (bytes, code) in
        [(&br#"{"role":"echo","a":1,"a":2}"#[..], "malformed"), (b"[1]", "malformed"), (b"{", "malformed")]
    {
        let error = link.call(bytes, &head()).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), (code, Outcome::NotDone));
    }
    let deep = format!("{{\"role\":\"echo\",\"x\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let error = link.call(deep.as_bytes(), &head()).await.unwrap_err();
    assert!(error.to_string().contains("nested deeper"), "{error}");
    let long = format!("{{\"role\":\"echo\",\"x\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let error = link.call(long.as_bytes(), &head()).await.unwrap_err();
    assert!(error.to_string().contains("longer than the 1048576 bytes"), "{error}");
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
}

#[tokio::test]
async fn what_goes_beside_a_message_arrives() {
    let far = Far::listen("").await;
    let mut head = head();
    head.id = Some(Id::from_u128(7 << 76 | 9));
    head.key = Some("order-9".into());
    head.attempt = 2;
    head.budget = Some(Duration::from_millis(1_500));
    head.trace = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    head.source = Some("shop".into());
    head.context.insert("tenant".into(), "acme".into());
    let reply = far.link().call(br#"{"role":"meta"}"#, &head).await.unwrap();
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    assert_eq!(reply["id"], head.id.unwrap().to_string());
    assert_eq!((&reply["key"], &reply["attempt"]), (&json!("order-9"), &json!(2)));
    assert_eq!((&reply["source"], &reply["tenant"]), (&json!("shop"), &json!("acme")));
    assert_eq!(reply["trace"], "0af7651916cd43dd8448eb211c80319c");
    let budget = reply["budget"].as_u64().unwrap();
    assert!((1_000..=1_500).contains(&budget), "{budget}");
}

#[tokio::test]
async fn the_far_handler_is_cancelled_when_the_budget_is_gone() {
    let far = Far::listen("").await;
    let mut head = head();
    head.budget = Some(Duration::from_millis(20));
    let error = far.link().call(br#"{"role":"hang"}"#, &head).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
    far.seen.dropped.notified().await;
    head.budget = Some(Duration::ZERO);
    let error = far.link().call(br#"{"role":"hang"}"#, &head).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::NotDone));
    assert_eq!(far.seen.runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn only_what_is_exposed_is_reached() {
    let pins = Exposed::Pins(vec!["role:echo".parse().unwrap()]);
    let far = Far::at("tcp://127.0.0.1:0", &pins).await;
    let link = far.link();
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
    let error = call(&link, json!({"role": "secret"})).await.unwrap_err();
    assert!(error.bus().unwrap().is_no_handler());
    let catalogue = link.catalogue().await.unwrap().unwrap();
    let catalogue = String::from_utf8(catalogue).unwrap();
    assert!(catalogue.contains("role:echo") && !catalogue.contains("secret"), "{catalogue}");
}

#[tokio::test]
async fn what_is_sent_and_published_arrives_or_is_refused() {
    let far = Far::listen("").await;
    let link = far.link();
    link.send(br#"{"role":"log"}"#, &head()).await.unwrap();
    far.seen.heard.notified().await;
    let mut published = head();
    published.published = true;
    link.send(br#"{"event":"happened","n":1}"#, &published).await.unwrap();
    far.seen.heard.notified().await;
    // Whoever publishes waits for no reply, also if the frame does not say `send`.
    let mut raw = far.raw().await;
    let frame = json!({"id": "1", "kind": "act", "sync": true, "mb": {"published": true},
        "act": {"event": "happened", "n": 2}});
    assert_eq!(raw.ask(frame).await, json!({"id": "1", "kind": "res", "mb": {}, "res": null}));
    far.seen.heard.notified().await;
    let error = link.send(br#"{"role":"nobody"}"#, &head()).await.unwrap_err();
    assert!(error.is_no_handler());
    // The other side is taken for a Seneca: nothing is known but that the bytes left.
    let seneca = kit::link(&format!("seneca+tcp://{}", far.address()));
    seneca.send(br#"{"role":"nobody"}"#, &head()).await.unwrap();
    seneca.send(br#"{"role":"log"}"#, &head()).await.unwrap();
    far.seen.heard.notified().await;
    assert!(seneca.catalogue().await.unwrap().is_none());
}
