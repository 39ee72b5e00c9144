//! Over TCP, dialect C: both ways.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Exposed, Head, Link, Listener, Transport};
use matchbus::{ErrorReply, Id, TraceParent, services};
use matchbus_tests::node::{Node, free_port, left_out};
use serde_json::json;

use crate::node;
use crate::services::{Seen, count, echo, fail, hang, log, shape, sum};

// ---- a Seneca calls ----

/// A matchbus that a Seneca calls.
struct Called {
    seen: Arc<Seen>,
    bus: Bus,
    listener: Listener,
}

async fn called(url: &str) -> Called {
    let seen = Arc::new(Seen::default());
    let bus = Bus::builder()
        .services(services![sum, echo, fail, shape, log, count, hang])
        .shared_state(Arc::clone(&seen))
        .timeout(Duration::from_millis(500))
        .start()
        .unwrap();
    let listener = bus.listen(&url.parse().unwrap(), &Exposed::All).await.unwrap();
    Called { seen, bus, listener }
}

async fn seneca_calls(called: &Called) -> Node {
    node::start("client.js", "c", called.listener.url().port().unwrap()).await
}

#[tokio::test]
async fn a_seneca_gets_replies() {
    if left_out() {
        return;
    }
    let called = called("tcp://127.0.0.1:0").await;
    let mut seneca = seneca_calls(&called).await;
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
    let called = called("tcp://127.0.0.1:0").await;
    let mut seneca = seneca_calls(&called).await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error, json!({"error": {"code": "E42", "message": "boom from handler"}}));
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
    let text = error["error"]["message"].as_str().unwrap();
    assert!(text.contains("no handler answers this message"), "{text}");
    let error = seneca.act(json!({"role": "hang"})).await;
    assert_eq!(error["error"]["code"], "action_timeout", "{error}");
    called.seen.dropped.notified().await;
    assert_eq!(seneca.act(json!({"role": "shape", "value": {}})).await, json!({"reply": {}}));
}

#[tokio::test]
async fn a_seneca_sends_and_does_not_wait() {
    if left_out() {
        return;
    }
    let called = called("tcp://127.0.0.1:0").await;
    let mut seneca = seneca_calls(&called).await;
    for message in [json!({"role": "log"}), json!({"role": "nobody"}), json!({"role": "log"})] {
        seneca.say(&format!("!{message}")).await;
        assert_eq!(seneca.next().await, json!({"sent": true}));
    }
    called.seen.logged.notified().await;
    assert_eq!(seneca.act(json!({"role": "shape", "value": {}})).await, json!({"reply": {}}));
    called.bus.settled().await;
    assert_eq!(called.bus.flows().of("role:log").replied, 2);
}

#[tokio::test]
async fn a_thousand_calls_of_a_seneca_are_in_flight() {
    if left_out() {
        return;
    }
    let called = called("tcp://127.0.0.1:0").await;
    let mut seneca = seneca_calls(&called).await;
    let lines: Vec<_> = (0..1_000).map(|n| json!({"role": "count", "n": n}).to_string()).collect();
    seneca.say(&lines.join("\n")).await;
    let mut came = BTreeSet::new();
    for _ in 0..1_000 {
        let reply = seneca.next().await;
        came.insert(reply["reply"]["n"].as_u64().unwrap_or_else(|| panic!("{reply}")));
    }
    assert_eq!(came, (0..1_000).collect());
    assert_eq!(called.seen.counted.load(Ordering::SeqCst), 1_000);
}

/// A Seneca repeats a message under its id; the id is the idempotency key here. That a repeat does not run is in
/// `repeats.rs`.
#[tokio::test]
async fn a_seneca_s_id_is_the_idempotency_key() {
    if left_out() {
        return;
    }
    let called = called("tcp://127.0.0.1:0").await;
    let mut seneca = seneca_calls(&called).await;
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
    let first = called("tcp://127.0.0.1:0").await;
    let mut seneca = seneca_calls(&first).await;
    assert_eq!(seneca.act(json!({"role": "shape", "value": {}})).await, json!({"reply": {}}));
    let port = first.listener.url().port().unwrap();
    first.bus.shutdown().await;
    first.listener.ended().await;
    let again = called(&format!("tcp://127.0.0.1:{port}?max_connections=1")).await;
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
    let mut other = seneca_calls(&again).await;
    let turned_away = other.act(json!({"role": "shape", "value": {}})).await;
    assert_eq!(turned_away["error"]["code"], "action_timeout", "{turned_away}");
}

// ---- a Seneca answers ----

struct Answering {
    _node: Node,
    link: Arc<dyn Link>,
}

impl Answering {
    async fn at(scheme: &str) -> Self {
        let port = free_port();
        let node = node::start("server.js", "c", port).await;
        let link = Tcp::new().connect(&format!("{scheme}://127.0.0.1:{port}").parse().unwrap()).unwrap();
        Answering { _node: node, link }
    }

    async fn call_with(&self, message: Value, head: &Head) -> Result<Value, CallError<ErrorReply>> {
        let reply = self.link.call(message.to_string().as_bytes(), head).await?;
        Ok(serde_json::from_slice(&reply).unwrap())
    }

    async fn call(&self, message: Value) -> Result<Value, CallError<ErrorReply>> {
        self.call_with(message, &Head::default()).await
    }
}

#[tokio::test]
async fn a_seneca_replies() {
    if left_out() {
        return;
    }
    for scheme in ["seneca+tcp", "tcp"] {
        let seneca = Answering::at(scheme).await;
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
    let seneca = Answering::at("seneca+tcp").await;
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

#[tokio::test]
async fn a_seneca_s_errors_are_the_service_s_own() {
    if left_out() {
        return;
    }
    let seneca = Answering::at("seneca+tcp").await;
    for (how, code, said) in [
        ("reply", "act_execute", "boom from handler"),
        ("throw", "act_execute", "thrown in handler"),
        ("seneca", "my_code", "my_code"),
    ] {
        let error = seneca.call(json!({"role": "fail", "how": how})).await.unwrap_err();
        let CallError::App(reply) = &error else { panic!("{error:?}") };
        assert_eq!(reply.code, code);
        assert!(reply.message.contains(said), "{reply:?}");
        let all = serde_json::to_string(reply).unwrap();
        assert!(!all.contains(".js") && !all.contains("stack"), "{all}");
    }
    let error = seneca.call(json!({"role": "nobody"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("no-handler", Outcome::Unknown));
    let error = seneca.call(json!({"role": "hang"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
}

#[tokio::test]
async fn a_seneca_is_sent_messages() {
    if left_out() {
        return;
    }
    for scheme in ["seneca+tcp", "tcp"] {
        let seneca = Answering::at(scheme).await;
        for n in 0..3 {
            let message = json!({"role": "count", "cmd": "one", "n": n}).to_string();
            seneca.link.send(message.as_bytes(), &Head::default()).await.unwrap();
        }
        // One connection keeps its order.
        let all = seneca.call(json!({"role": "count", "cmd": "all"})).await.unwrap();
        assert_eq!(all, json!({"counted": 3}));
    }
}

#[tokio::test]
async fn a_seneca_knows_a_repeated_message() {
    if left_out() {
        return;
    }
    let seneca = Answering::at("seneca+tcp").await;
    let mut head = Head::default();
    head.id = Some(Id::from_u128(77));
    for n in 0..3 {
        head.attempt = n;
        let reply = seneca.call_with(json!({"role": "count", "cmd": "one", "n": n}), &head).await.unwrap();
        assert_eq!(reply, json!({"counted": 1, "n": 0}));
    }
}

#[tokio::test]
async fn a_thousand_calls_to_a_seneca_are_in_flight() {
    if left_out() {
        return;
    }
    let seneca = Arc::new(Answering::at("seneca+tcp").await);
    let calls: Vec<_> = (0..1_000)
        .map(|n| {
            let seneca = Arc::clone(&seneca);
            tokio::spawn(async move { seneca.call(json!({"role": "count", "cmd": "one", "n": n})).await })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap()["n"], n);
    }
}
