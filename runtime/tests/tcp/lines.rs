//! Lines that a stranger writes.

use matchbus::prelude::*;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::kit::{Far, act};

#[tokio::test]
async fn frames_do_not_depend_on_packets() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let both =
        format!("{}\n\r\n{}\r\n", act("1", json!({"role": "echo"})), act("2", json!({"role": "echo"})));
    for byte in both.as_bytes() {
        raw.write([*byte]).await;
    }
    assert_eq!(raw.read().await.unwrap()["id"], "1");
    assert_eq!(raw.read().await.unwrap()["id"], "2");
    raw.write(&both).await;
    assert_eq!(raw.read().await.unwrap()["id"], "1");
    assert_eq!(raw.read().await.unwrap()["id"], "2");
}

#[tokio::test]
async fn a_bad_line_is_answered_and_the_next_one_too() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let long = format!("{{\"id\":\"long\",\"kind\":\"act\",\"act\":\"{}\"}}", "x".repeat(2 << 20));
    for (line, id) in [
        (&b"hello"[..], Value::Null),
        (b"[]", Value::Null),
        (b"\xff\xfe", Value::Null),
        (b"{\"id\":\"cut\",\"kind\":\"act\",", json!("cut")),
        (b"{\"id\":\"n\",\"kind\":\"act\",\"sync\":true}", json!("n")),
        (b"{\"id\":\"s\",\"kind\":\"act\",\"sync\":true,\"act\":\"text\"}", json!("s")),
        (b"{\"id\":\"t\",\"kind\":\"act\",\"sync\":true,\"act\":{\"a\":1,\"a\":2}}", json!("t")),
        (long.as_bytes(), json!("long")),
    ] {
        raw.write(line).await;
        raw.write(b"\n").await;
        let answer = raw.read().await.unwrap();
        assert_eq!((&answer["id"], &answer["res"]), (&id, &Value::Null), "{answer}");
        assert_eq!(answer["error"]["code"], "invalid_json", "{answer}");
        assert_eq!(raw.ask(act("ok", json!({"role": "echo"}))).await["res"]["role"], "echo");
    }
    // Of later kinds nothing is known, so nothing is said.
    raw.write("{\"id\":\"x\",\"kind\":\"later\"}\n").await;
    assert_eq!(raw.ask(act("ok", json!({"role": "echo"}))).await["id"], "ok");
}

#[tokio::test]
async fn a_seneca_s_frame_is_answered_as_a_seneca_would() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let answer = raw.ask(act("a/b", json!({"role": "stock", "cmd": "take", "sku": "x", "n": 3}))).await;
    assert_eq!(
        (&answer["id"], &answer["kind"], &answer["origin"]),
        (&json!("a/b"), &json!("res"), &json!("me/1"))
    );
    assert_eq!((&answer["sync"], &answer["res"], answer.get("mb")), (&json!(true), &json!(3), None));
    let answer = raw.ask(act("a/c", json!({"role": "nobody"}))).await;
    assert_eq!(answer["error"]["code"], "act_not_found");
    assert_eq!((&answer["error"]["seneca"], answer.get("mb")), (&json!(true), None));
    // Directives: one gives the answer, most do nothing, and none reaches the handler.
    let answer = raw.ask(act("a/d", json!({"role": "nobody", "default$": {"d": 1}}))).await;
    assert_eq!(answer["res"], json!({"d": 1}));
    let answer = raw.ask(act("a/e", json!({"role": "echo", "fatal$": true, "custom$": {}}))).await;
    assert_eq!(answer["res"], json!({"role": "echo"}));
    let message = json!({"role": "meta", "custom$": {"tenant": "acme"}, "timeout$": 900_000});
    let answer = raw.ask(act("nzm8zcb3egi3/fykd6obk5ss3", message)).await;
    assert_eq!((&answer["res"]["tenant"], &answer["res"]["source"]), (&json!("acme"), &json!("me/1")));
    assert_eq!(answer["res"]["key"], "nzm8zcb3egi3/fykd6obk5ss3");
    assert!(answer["res"]["budget"].as_u64().unwrap() <= 5_000);
}

#[tokio::test]
async fn a_seneca_s_id_answers_only_the_same_message() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let replayed = || far.bus.flows().of("role:meta").replayed;
    for (tenant, replays) in [("acme", 0), ("apex", 0), ("acme", 1), ("apex", 2)] {
        let message = json!({"role": "meta", "custom$": {"tenant": tenant}});
        assert_eq!(raw.ask(act("a/b", message)).await["res"]["tenant"], tenant);
        assert_eq!(replayed(), replays, "{tenant}");
    }
    // What others number is not remembered at all.
    for _ in 0..2 {
        raw.ask(act("1", json!({"role": "meta"}))).await;
    }
    assert_eq!(replayed(), 2);
}

#[tokio::test]
async fn who_wants_no_answer_gets_none() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    for message in [json!({"role": "log"}), json!({"role": "nobody"})] {
        let mut frame = act("quiet", message);
        frame["sync"] = json!(false);
        raw.write(format!("{frame}\n")).await;
    }
    far.seen.heard.notified().await;
    assert_eq!(raw.ask(act("next", json!({"role": "echo"}))).await["id"], "next");
}

#[tokio::test]
async fn a_peer_that_closes_its_sending_side_still_gets_its_answers() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    raw.write(format!("{}\n", act("1", json!({"role": "wait"})))).await;
    raw.0.get_mut().shutdown().await.unwrap();
    far.seen.started.notified().await;
    far.gate.0.add_permits(1);
    assert_eq!(raw.read().await.unwrap()["id"], "1");
    assert!(raw.read().await.is_none());
}
