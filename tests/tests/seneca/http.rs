//! Over HTTP: both dialects, both ways.

use std::sync::Arc;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Head, Link, Transport, http::Http};
use matchbus_tests::node::{Node, free_port, left_out};
use serde_json::json;

use crate::node;
use crate::services::{echo, fail, shape, sum};

/// A matchbus that a Seneca calls.
async fn matchbus(option: &str) -> (Bus, matchbus::transport::Listener) {
    let bus = Bus::with(services![sum, echo, fail, shape]).unwrap();
    let url = format!("http://127.0.0.1:0{option}").parse().unwrap();
    let listener = bus.listen(&url, &Exposed::All).await.unwrap();
    (bus, listener)
}

async fn seneca_calls(dialect: &str, option: &str) -> (Node, Bus, matchbus::transport::Listener) {
    let (bus, listener) = matchbus(option).await;
    let mut seneca = node::start("client.js", dialect, listener.url().port().unwrap()).await;
    let reply = seneca.act(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await;
    assert_eq!(reply, json!({"reply": {"answer": 3}}));
    let message = json!({"role": "echo", "txt": "café \n \"q\"", "nested": {"a": [1, null, true]}, "custom$": {"trace": "abc"}});
    let reply = seneca.act(message).await;
    let echo = &reply["reply"];
    assert_eq!(
        echo["got"],
        json!({"role": "echo", "txt": "café \n \"q\"", "nested": {"a": [1, null, true]}}),
        "{reply}"
    );
    assert_eq!(echo["context"], json!({"trace": "abc"}), "{reply}");
    assert!(echo["source"].as_str().unwrap().contains("/3.38.0/"), "{reply}");
    let reply = seneca.act(json!({"role": "shape", "value": [1, {"b": 2}, "c"]})).await;
    assert_eq!(reply, json!({"reply": [1, {"b": 2}, "c"]}));
    assert_eq!(seneca.act(json!({"role": "shape", "value": null})).await, json!({"reply": null}));
    (seneca, bus, listener)
}

#[tokio::test]
async fn a_seneca_calls_in_dialect_a() {
    if left_out() {
        return;
    }
    // As Seneca itself answers: the client throws the error's body away.
    let (mut seneca, _bus, _listener) = seneca_calls("a", "").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert!(error["error"]["message"].as_str().unwrap().contains("500"), "{error}");
    // With a status that the client reads.
    let (mut seneca, _bus, _listener) = seneca_calls("a", "?seneca_errors=299").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error["error"]["code"], "E42", "{error}");
    assert_eq!(error["error"]["message"], "boom from handler", "{error}");
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
}

#[tokio::test]
async fn a_seneca_calls_in_dialect_b() {
    if left_out() {
        return;
    }
    let (mut seneca, _bus, _listener) = seneca_calls("b", "").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error["error"]["code"], "E42", "{error}");
    assert_eq!(error["error"]["message"], "boom from handler", "{error}");
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
}

async fn seneca_answers(dialect: &str, scheme: &str) {
    let port = free_port();
    let _server = node::start("server.js", dialect, port).await;
    let link: Arc<dyn Link> =
        Http::new().connect(&format!("{scheme}://127.0.0.1:{port}").parse().unwrap()).unwrap();
    let mut head = Head::default();
    head.context = [("trace".into(), "abc".into())].into();
    let call = async |message: Value| {
        let reply = link.call(message.to_string().as_bytes(), &head).await?;
        Ok::<Value, CallError<matchbus::ErrorReply>>(serde_json::from_slice(&reply).unwrap())
    };
    let reply = call(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await.unwrap();
    assert_eq!(reply, json!({"answer": 3}));
    // `fatal$` would end the server.
    let echo =
        call(json!({"role": "echo", "txt": "café", "n": 1.5, "z": null, "fatal$": true})).await.unwrap();
    assert_eq!(echo["got"], json!({"role": "echo", "txt": "café", "n": 1.5, "z": null}));
    assert_eq!(echo["custom"], json!({"trace": "abc"}));
    assert_eq!(call(json!({"role": "shape", "as": "array"})).await.unwrap(), json!([1, {"b": 2}, "c"]));
    assert_eq!(call(json!({"role": "shape", "as": "null"})).await.unwrap(), Value::Null);
    for how in ["reply", "throw"] {
        let error = call(json!({"role": "fail", "how": how})).await.unwrap_err();
        let CallError::App(reply) = &error else { panic!("{error:?}") };
        let said = if how == "reply" { "boom from handler" } else { "thrown in handler" };
        assert!(reply.message.contains(said), "{reply:?}");
        let all = serde_json::to_string(reply).unwrap();
        assert!(!all.contains(".js") && !all.contains("stack"), "{all}");
    }
    let error = call(json!({"role": "nobody"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("no-handler", Outcome::Unknown));
    link.send(br#"{"role":"echo"}"#, &head).await.unwrap();
    // It still lives.
    assert_eq!(
        call(json!({"role": "math", "cmd": "sum", "left": 2, "right": 2})).await.unwrap()["answer"],
        4
    );
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_a() {
    if !left_out() {
        seneca_answers("a", "seneca+http").await;
    }
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_b() {
    if !left_out() {
        seneca_answers("b", "seneca+web").await;
    }
}
