//! Seneca's two dialects: our listener against captured requests, and our link against our listener.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::transport::{Exposed, Head};
use matchbus::{CallError, Outcome};
use serde_json::{Value, json};

use super::kit::{Answer, World, listen_with, world};

/// An id that no message had: a Seneca's message that comes again under its id is answered as before.
fn id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("nzm8zc{:06}/fykd6obk5ss3", NEXT.fetch_add(1, Ordering::SeqCst))
}

const ORIGIN: &str = "g95z07g9ukzz/1795424378828/21296/3.38.0/cli";

async fn a(world: &World, body: &str) -> Answer {
    a_as(world, &id(), body).await
}

/// A request as Seneca sends it (captured).
async fn a_as(world: &World, id: &str, body: &str) -> Answer {
    let headers = format!(
        "Accept: application/json\r\nContent-Type: application/json\r\nseneca-id: {id}\r\nseneca-kind: req\r\n\
         seneca-origin: {ORIGIN}\r\nseneca-track: [\"{ORIGIN}\"]\r\nseneca-time-client-sent: 1795424379030\r\n\
         Connection: close\r\n"
    );
    let answer = world.raw().await.post("/act", &headers, body).await;
    assert_eq!((answer.header("seneca-id"), answer.header("seneca-origin")), (Some(id), Some(ORIGIN)));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("seneca-kind"), Some("res"));
    answer
}

async fn b(world: &World, fields: &str, sync: bool) -> (u16, Value, Value) {
    let id = id();
    let (mi, tx) = id.split_once('/').unwrap();
    let meta = format!(
        r#""meta$":{{"start":1795424392446,"mi":"{mi}","tx":"{tx}","id":"{id}",
        "version":"0.1.0","sync":{sync},"remote":false,"timeout":3000,"instance":"a0j6o6669hhs/1795424392288/21858/3.38.0/cli",
        "tag":"cli","seneca":"3.38.0","custom":{{"trace":"abc"}},"plugin":{{}},"parents":[],"trace":[],"sub":null,"data":null,
        "err":null,"err_trace":null,"error":null,"empty":null,"pattern":"","action":"x"}}"#
    );
    let answer = world.post(&format!("{{{fields},{meta}}}")).await;
    let mut body = answer.json();
    let meta = body.as_object_mut().unwrap().remove("meta$").unwrap();
    assert_eq!(meta["id"], *id);
    (answer.status, body, meta)
}

#[tokio::test]
async fn dialect_a_is_answered() {
    let world = world().await;
    let sum = a(&world, r#"{"role":"math","cmd":"sum","left":1,"right":2,"custom$":{}}"#).await;
    assert_eq!((sum.status, &*sum.body), (200, "3"));
    let meta = a(&world, r#"{"role":"meta","custom$":{"trace":"abc"}}"#).await.json();
    assert_eq!((&meta["context"], &meta["source"]), (&json!({"trace": "abc"}), &json!(ORIGIN)));
    let echo = a(&world, r#"{"role":"echo","n":1.5,"z":null,"custom$":{},"fatal$":true}"#).await;
    assert_eq!(echo.json(), json!({"role": "echo", "n": 1.5, "z": null}));
    let null = a(&world, r#"{"role":"shape","as":null,"custom$":{}}"#).await;
    assert_eq!((null.status, &*null.body), (200, "null"));
}

#[tokio::test]
async fn an_id_that_comes_again_answers_only_the_same_message() {
    let world = world().await;
    let id = id();
    let acme = r#"{"role":"meta","n":1,"custom$":{"tenant":"acme"}}"#;
    let first = a_as(&world, &id, acme).await;
    assert_eq!(first.json()["key"].as_str(), Some(&*id));
    let again = a_as(&world, &id, r#"{ "n":1,"custom$":{"tenant":"acme"},"role":"meta" }"#).await;
    assert_eq!(first.body, again.body);
    let replayed = || world.bus.flows().of("role:meta").replayed;
    assert_eq!((world.bus.flows().of("role:meta").started, replayed()), (2, 1));
    // Another tenant's, and one with other data, are messages of their own, and repeats of theirs are told theirs.
    for other in [
        r#"{"role":"meta","n":1,"custom$":{"tenant":"apex"}}"#,
        r#"{"role":"meta","n":2,"custom$":{"tenant":"acme"}}"#,
    ] {
        let before = replayed();
        let answer = a_as(&world, &id, other).await;
        assert_eq!(replayed(), before, "{other}");
        assert!(answer.json()["context"]["tenant"].as_str().is_some_and(|tenant| other.contains(tenant)));
        assert_eq!(a_as(&world, &id, other).await.body, answer.body);
        assert_eq!(replayed(), before + 1, "{other}");
    }
    assert_eq!(a_as(&world, &id, acme).await.body, first.body, "the first one is not forgotten");
}

#[tokio::test]
async fn errors_of_dialect_a_have_the_status_that_is_asked_for() {
    for (option, status) in [("", 500), ("?seneca_errors=299", 299)] {
        let world = listen_with(&format!("http://127.0.0.1:0{option}"), &Exposed::All, |bus| bus).await;
        let error = a(&world, r#"{"role":"stock","cmd":"take","sku":"s1","custom$":{}}"#).await;
        let body = error.json();
        assert_eq!((error.status, &body["code"]), (status, &json!("out-of-stock")));
        assert_eq!((&body["message"], &body["seneca"]), (&json!("no `s1` left"), &json!(true)));
        assert_eq!(body["details"], json!({"OutOfStock": {"sku": "s1"}}));
        for (message, code) in [
            (r#"{"foo":1,"custom$":{}}"#, "act_not_found"),
            (r#"{"role":"math","cmd":"sum","left":"x","right":1}"#, "act_invalid_msg"),
            (r#"{"role":"panic","custom$":{}}"#, "act_execute"),
            ("{", "invalid_json"),
            ("[]", "invalid_json"),
            ("", "invalid_json"),
        ] {
            let error = a(&world, message).await;
            assert_eq!((error.status, &error.json()["code"]), (status, &json!(code)), "{message}");
            assert!(!error.body.contains(".rs") && !error.body.contains("stack"), "{}", error.body);
        }
    }
}

#[tokio::test]
async fn directives_are_obeyed_within_limits() {
    let world = listen_with("http://127.0.0.1:0?max_budget_ms=300", &Exposed::All, |bus| bus).await;
    let default = a(&world, r#"{"role":"nobody","default$":{"d":1},"custom$":{}}"#).await;
    assert_eq!((default.status, default.json()), (200, json!({"d": 1})));
    // A default is for nobody answering, not for errors.
    let error = a(&world, r#"{"role":"panic","default$":{"d":1}}"#).await;
    assert_eq!(error.status, 500);
    let meta = a(&world, r#"{"role":"meta","timeout$":3600000}"#).await.json();
    assert!(meta["budget"].as_u64().unwrap() <= 300, "{meta}");
    let meta = a(&world, r#"{"role":"meta","timeout$":100}"#).await.json();
    assert!(meta["budget"].as_u64().unwrap() <= 100, "{meta}");
}

#[tokio::test]
async fn dialect_b_is_answered() {
    let world = world().await;
    let (status, body, meta) = b(&world, r#""role":"echo","txt":"café \n \"q\"""#, true).await;
    assert_eq!((status, body), (200, json!({"role": "echo", "txt": "café \n \"q\""})));
    assert_eq!((&meta["error"], &meta["empty"], &meta["sync"]), (&json!(false), &json!(false), &json!(true)));
    let (_, body, _) = b(&world, r#""role":"meta","custom$":{"x":"y"}"#, true).await;
    assert_eq!(body["context"], json!({"trace": "abc", "x": "y"}));
    let (_, body, _) = b(&world, r#""role":"shape","as":[1,{"b":2},"c"]"#, true).await;
    assert_eq!(body, json!({"array$": [1, {"b": 2}, "c"]}));
    let (_, body, meta) = b(&world, r#""role":"shape","as":null"#, true).await;
    assert_eq!((body, &meta["empty"]), (json!({}), &json!(true)));
    let (status, body, meta) = b(&world, r#""role":"stock","cmd":"take","sku":"s1""#, true).await;
    assert_eq!((status, &body["code"], &meta["error"]), (500, &json!("out-of-stock"), &json!(true)));
    let (_, body, meta) = b(&world, r#""role":"nobody""#, true).await;
    assert_eq!((&body["code"], &meta["error"]), (&json!("act_not_found"), &json!(true)));
    // Nobody waits.
    let (status, _, meta) = b(&world, r#""role":"log","n":1"#, false).await;
    assert_eq!((status, &meta["empty"], &meta["sync"]), (200, &json!(true), &json!(false)));
    world.seen.heard.notified().await;
    assert_eq!(world.seen.count.load(Ordering::SeqCst), 1);
}

/// What is refused before the body is read, by which alone dialect B is told from plain requests.
#[tokio::test]
async fn a_refusal_is_an_error_to_dialect_b_too() {
    let world = listen_with("http://s3cret@127.0.0.1:0?body_timeout=50ms", &Exposed::All, |bus| bus).await;
    let body = r#"{"role":"echo","meta$":{"id":"a/b","sync":true}}"#;
    let token = "authorization: Bearer s3cret\r\n";
    let head =
        |length: &str| format!("POST /act HTTP/1.1\r\nhost: x\r\n{token}content-length: {length}\r\n\r\n");
    let refused = [
        (401, world.post(body).await),
        (413, world.raw().await.ask(head("1048577")).await.unwrap()),
        (408, world.raw().await.ask(format!("{}{{", head("100"))).await.unwrap()),
    ];
    for (status, answer) in refused {
        let body = answer.json();
        assert_eq!((answer.status, &body["meta$"]["error"]), (status, &json!(true)), "{body}");
        assert_eq!((&body["message"], &body["seneca"]), (&body["error"]["message"], &json!(true)));
        assert_eq!(answer.error().2, "not-done");
    }
    // Our own link of that dialect hears the same.
    let error = world.link("seneca+web").call(br#"{"role":"echo"}"#, &Head::default()).await.unwrap_err();
    assert!(error.to_string().contains("Authorization: Bearer"), "{error}");
    // A listener that is full knows as little of who asks.
    let world = listen_with("http://127.0.0.1:0?max_connections=1", &Exposed::All, |bus| bus).await;
    let mut first = world.raw().await;
    assert_eq!(first.post("/act", "", r#"{"role":"echo"}"#).await.status, 200);
    let answer = world.post(body).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["meta$"]["error"]), (503, &json!(true)), "{body}");
    assert_eq!(body["message"], body["error"]["message"]);
}

#[tokio::test]
async fn requests_that_end_a_real_seneca_are_harmless() {
    let world = world().await;
    for body in [
        r#"{"role":"echo","meta$":{"id":7}}"#,
        r#"{"role":"echo","meta$":null}"#,
        r#"{"role":"echo","meta$":[]}"#,
        r#"{"role":"echo","meta$":{"id":{},"custom":7,"sync":"no"}}"#,
        r#"{"role":"echo","fatal$":true,"meta$":{}}"#,
    ] {
        let answer = world.post(body).await;
        assert_eq!((answer.status, &answer.json()["role"]), (200, &json!("echo")), "{body}");
    }
    // Broken JSON with `meta$` in it is told in a way that this client sees as an error.
    let answer = world.post(r#"{"role":"echo","meta$":{}"#).await;
    assert_eq!((answer.status, &answer.json()["meta$"]["error"]), (500, &json!(true)));
}

#[tokio::test]
async fn links_of_both_dialects_speak_with_a_listener() {
    let world = listen_with("http://127.0.0.1:0?seneca_errors=299", &Exposed::All, |bus| bus).await;
    for scheme in ["seneca+http", "seneca+web"] {
        let link = world.link(scheme);
        let mut head = Head::default();
        head.context = [("tenant".into(), "acme".into())].into();
        head.budget = Some(Duration::from_secs(1));
        let call = async |message: &str| {
            link.call(message.as_bytes(), &head)
                .await
                .map(|reply| serde_json::from_slice::<Value>(&reply).unwrap())
        };
        assert_eq!(
            call(r#"{"role":"echo","a":[1],"gone$":1}"#).await.unwrap(),
            json!({"role": "echo", "a": [1]})
        );
        assert_eq!(call(r#"{"role":"math","cmd":"sum","left":1,"right":2}"#).await.unwrap(), 3);
        assert_eq!(call(r#"{"role":"shape","as":[1,null]}"#).await.unwrap(), json!([1, null]));
        assert_eq!(call(r#"{"role":"shape","as":null}"#).await.unwrap(), Value::Null);
        let meta = call(r#"{"role":"meta"}"#).await.unwrap();
        assert_eq!(meta["context"], json!({"tenant": "acme"}));
        assert!(meta["source"].as_str().unwrap().contains("matchbus"), "{meta}");
        // The transaction is kept along the way.
        let next = {
            let mut head = head.clone();
            let text = format!("00-{}-b7ad6b7169203331-00", meta["trace"].as_str().unwrap());
            head.trace = matchbus::TraceParent::parse(&text);
            link.call(br#"{"role":"meta"}"#, &head).await.unwrap()
        };
        assert_eq!(serde_json::from_slice::<Value>(&next).unwrap()["trace"], meta["trace"]);
        let CallError::App(error) = call(r#"{"role":"stock","cmd":"take","sku":"s1"}"#).await.unwrap_err()
        else {
            panic!("{scheme}")
        };
        assert_eq!((&*error.code, &*error.message), ("out-of-stock", "no `s1` left"));
        let error = call(r#"{"role":"nobody"}"#).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), ("no-handler", Outcome::Unknown));
        link.send(br#"{"role":"log"}"#, &head).await.unwrap();
        world.seen.heard.notified().await;
        assert!(link.catalogue().await.unwrap().is_none());
    }
}
