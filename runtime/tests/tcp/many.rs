//! Many calls over one connection.

use std::sync::Arc;

use serde_json::json;

use super::kit::{Far, act, call};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_share_a_connection() {
    let far = Far::listen("").await;
    let link = far.link();
    let calls: Vec<_> = (0..1_000)
        .map(|n| {
            let link = Arc::clone(&link);
            tokio::spawn(async move { call(&link, json!({"role": "wait", "n": n})).await })
        })
        .collect();
    // None of them is answered yet, and others go past them.
    for _ in 0..1_000 {
        far.seen.started.notified().await;
        if far.bus.flows().of("role:wait").in_flight() == 1_000 {
            break;
        }
    }
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
    far.gate.0.add_permits(1_000);
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap()["n"], n);
    }
}

#[tokio::test]
async fn at_the_bound_of_one_connection_its_reader_stops() {
    let far = Far::listen("max_in_flight=2").await;
    let mut raw = far.raw().await;
    for n in 0..3 {
        raw.write(format!("{}\n", act(&n.to_string(), json!({"role": "wait", "n": n})))).await;
    }
    raw.write(format!("{}\n", act("e", json!({"role": "echo"})))).await;
    far.seen.started.notified().await;
    // Another connection is not concerned.
    assert!(call(&far.link(), json!({"role": "echo"})).await.is_ok());
    assert_eq!(far.bus.flows().of("role:wait").in_flight(), 2);
    far.gate.0.add_permits(3);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(raw.read().await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    assert_eq!(ids, ["0", "1", "2", "e"]);
}
