//! Over HTTP: both dialects, both ways.

use matchbus::prelude::*;
use matchbus::transport::Head;
use matchbus_tests::node::{Node, left_out};
use serde_json::json;

use crate::ends::{Answering, Called, Dialect};

async fn seneca_calls(dialect: Dialect, url: &str) -> (Called, Node) {
    let called = Called::at(url).await;
    let mut seneca = called.seneca(dialect).await;
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
    (called, seneca)
}

#[tokio::test]
async fn a_seneca_calls_in_dialect_a() {
    if left_out() {
        return;
    }
    // As Seneca itself answers: the client throws the error's body away.
    let (_called, mut seneca) = seneca_calls(Dialect::A, "http://127.0.0.1:0").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert!(error["error"]["message"].as_str().unwrap().contains("500"), "{error}");
    // With a status that the client reads.
    let (_called, mut seneca) = seneca_calls(Dialect::A, Dialect::A.listen()).await;
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
    let (_called, mut seneca) = seneca_calls(Dialect::B, Dialect::B.listen()).await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error["error"]["code"], "E42", "{error}");
    assert_eq!(error["error"]["message"], "boom from handler", "{error}");
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
}

async fn seneca_answers(dialect: Dialect) {
    let seneca = Answering::by(dialect).await;
    let mut head = Head::default();
    head.context = [("trace".into(), "abc".into())].into();
    let call = async |message: Value| seneca.call_with(message, &head).await;
    let reply = call(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await.unwrap();
    assert_eq!(reply, json!({"answer": 3}));
    // `fatal$` would end the server.
    let echo =
        call(json!({"role": "echo", "txt": "café", "n": 1.5, "z": null, "fatal$": true})).await.unwrap();
    assert_eq!(echo["got"], json!({"role": "echo", "txt": "café", "n": 1.5, "z": null}));
    assert_eq!(echo["custom"], json!({"trace": "abc"}));
    assert_eq!(call(json!({"role": "shape", "as": "array"})).await.unwrap(), json!([1, {"b": 2}, "c"]));
    assert_eq!(call(json!({"role": "shape", "as": "null"})).await.unwrap(), Value::Null);
    // It still lives.
    assert_eq!(
        call(json!({"role": "math", "cmd": "sum", "left": 2, "right": 2})).await.unwrap()["answer"],
        4
    );
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_a() {
    if !left_out() {
        seneca_answers(Dialect::A).await;
    }
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_b() {
    if !left_out() {
        seneca_answers(Dialect::B).await;
    }
}
