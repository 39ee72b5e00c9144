//! Over TCP, dialect C: both ways.

use matchbus::prelude::*;
use matchbus::transport::Head;
use matchbus::{Id, TraceParent};
use matchbus_tests::node::left_out;
use serde_json::json;

use crate::ends::{Answering, Called, Dialect};

// ---- a Seneca calls ----

#[tokio::test]
async fn a_seneca_gets_replies() {
    if left_out() {
        return;
    }
    let (_called, mut seneca) = Called::by(Dialect::C).await;
    let reply = seneca.act(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await;
    assert_eq!(reply, json!({"reply": {"answer": 3}}));
    let got = json!({"role": "echo", "txt": "café \n \"q\" ☃", "n": 1.5, "z": null, "nested": {"a": [1, null, true]}});
    let mut message = got.clone();
    message["custom$"] = json!({"trace": "abc"});
    let reply = seneca.act(message).await;
    assert_eq!(reply["reply"]["got"], got, "{reply}");
    assert_eq!(reply["reply"]["context"], json!({"trace": "abc"}), "{reply}");
    assert!(reply["reply"]["source"].as_str().unwrap().contains("/3.38.0/"), "{reply}");
    for value in [json!([1, {"b": 2}, "c"]), json!([]), json!({}), Value::Null] {
        let reply = seneca.act(json!({"role": "shape", "value": value})).await;
        assert_eq!(reply, json!({ "reply": value }));
    }
}

#[tokio::test]
async fn a_seneca_gets_errors() {
    if left_out() {
        return;
    }
    let (_called, mut seneca) = Called::by(Dialect::C).await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error, json!({"error": {"code": "E42", "message": "boom from handler"}}));
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
    let text = error["error"]["message"].as_str().unwrap();
    assert!(text.contains("no handler answers this message"), "{text}");
}

/// A Seneca repeats a message under its id; the id is the idempotency key here. That a repeat does not run is in
/// `repeats.rs`.
#[tokio::test]
async fn a_seneca_s_id_is_the_idempotency_key() {
    if left_out() {
        return;
    }
    let (_called, mut seneca) = Called::by(Dialect::C).await;
    let message = json!({"role": "echo", "id$": "aaaaaaaaaaaa/bbbbbbbbbbbb"});
    let first = seneca.act(message.clone()).await;
    assert_eq!(first["reply"]["got"], json!({"role": "echo"}), "{first}");
    assert_eq!(first["reply"]["key"], "aaaaaaaaaaaa/bbbbbbbbbbbb", "{first}");
    let second = seneca.act(message).await;
    assert_eq!(first["reply"]["id"], second["reply"]["id"]);
}

#[tokio::test]
async fn a_seneca_finds_a_listener_that_comes_back() {
    if left_out() {
        return;
    }
    let first = Called::at(Dialect::C.listen()).await;
    let mut seneca = first.seneca(Dialect::C).await;
    assert_eq!(seneca.act(json!({"role": "shape", "value": {}})).await, json!({"reply": {}}));
    let port = first.listener.url().port().unwrap();
    first.bus.shutdown().await;
    first.listener.ended().await;
    let again = Called::at(&format!("tcp://127.0.0.1:{port}?max_connections=1")).await;
    // It takes its time to connect again, and its calls until then time out or wait.
    let mut reply = Value::Null;
    for _ in 0..5 {
        reply = seneca.act(json!({"role": "shape", "value": {}})).await;
        if reply == json!({"reply": {}}) {
            break;
        }
    }
    assert_eq!(reply, json!({"reply": {}}));
    // One that is turned away does not die of what it is told.
    let mut other = again.seneca(Dialect::C).await;
    let turned_away = other.act(json!({"role": "shape", "value": {}})).await;
    assert_eq!(turned_away["error"]["code"], "action_timeout", "{turned_away}");
}

// ---- a Seneca answers ----

#[tokio::test]
async fn a_seneca_replies() {
    if left_out() {
        return;
    }
    for scheme in ["seneca+tcp", "tcp"] {
        let seneca = Answering::at(Dialect::C, scheme).await;
        let reply = seneca.call(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await.unwrap();
        assert_eq!(reply, json!({"answer": 3}));
        let array = seneca.call(json!({"role": "shape", "as": "array"})).await.unwrap();
        assert_eq!(array, json!([1, {"b": 2}, "c"]));
        assert_eq!(seneca.call(json!({"role": "shape", "as": "null"})).await.unwrap(), Value::Null);
        let entity = seneca.call(json!({"role": "shape", "as": "entity"})).await.unwrap();
        assert_eq!(entity, json!({"entity$": "-/-/foo", "id": "i1", "x": 7}));
        assert!(seneca.link.catalogue().await.unwrap().is_none());
        let pretty = b"{ \"role\": \"echo\",\n \"txt\": \"caf\xc3\xa9\" }";
        let echo: Value =
            serde_json::from_slice(&seneca.link.call(pretty, &Head::default()).await.unwrap()).unwrap();
        assert_eq!((&echo["got"], &echo["sync"]), (&json!({"role": "echo", "txt": "café"}), &json!(true)));
    }
}

#[tokio::test]
async fn a_seneca_is_told_context_and_trace_and_no_directives() {
    if left_out() {
        return;
    }
    let seneca = Answering::by(Dialect::C).await;
    let mut head = Head::default();
    head.context = [("trace".into(), "abc".into())].into();
    head.id = Some(Id::from_u128((1 << 64) | 2));
    head.trace = TraceParent::parse("00-73656e6563617478000000000000000b-0000000000000001-00");
    // `fatal$` would end it.
    let echo = seneca.call_with(json!({"role": "echo", "z": null, "fatal$": true}), &head).await.unwrap();
    assert_eq!(echo["got"], json!({"role": "echo", "z": null}));
    assert_eq!(
        (&echo["custom"], &echo["id"]),
        (&json!({"trace": "abc"}), &json!("000000000001/00000000000b"))
    );
    let error = seneca.call(json!({"role": "fail", "how": "reply", "fatal$": true})).await.unwrap_err();
    assert_eq!(error.code(), "act_execute");
    assert!(seneca.call(json!({"role": "echo"})).await.is_ok());
}
