//! A message that comes twice under one id: a Seneca answers the second as it answered the first, and so do we if it is the
//! same message.
//!
//! One Seneca keeps a repeat to itself, since it knows its own answers; so two of them send the same message.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Listener};
use matchbus_tests::node::left_out;
use serde_json::json;

use crate::node;
use crate::services::{Seen, charge, count, log};

async fn called(scheme: &str) -> (Arc<Seen>, Bus, Listener) {
    let seen = Arc::new(Seen::default());
    let bus = Bus::builder()
        .services(services![count, charge, log])
        .shared_state(Arc::clone(&seen))
        .start()
        .unwrap();
    let listener =
        bus.listen(&format!("{scheme}://127.0.0.1:0").parse().unwrap(), &Exposed::All).await.unwrap();
    (seen, bus, listener)
}

async fn the_second_answer_equals_the_first(dialect: &str, scheme: &str) {
    if left_out() {
        return;
    }
    let (seen, bus, listener) = called(scheme).await;
    let port = listener.url().port().unwrap();
    let (mut one, mut two) =
        (node::start("client.js", dialect, port).await, node::start("client.js", dialect, port).await);
    let counted = || seen.counted.load(Ordering::SeqCst);

    let message = json!({"role": "count", "n": 1, "id$": "aaaaaaaaaaaa/bbbbbbbbbbbb"});
    let first = one.act(message.clone()).await;
    assert_eq!(first, json!({"reply": {"counted": 1, "n": 1}}));
    assert_eq!(two.act(message).await, first);
    assert_eq!((counted(), bus.flows().of("role:count").replayed), (1, 1));
    // With other data it is another message; a Seneca would give it the answer of the first.
    let other = json!({"role": "count", "n": 2, "id$": "aaaaaaaaaaaa/bbbbbbbbbbbb"});
    let mut three = node::start("client.js", dialect, port).await;
    assert_eq!(three.act(other).await, json!({"reply": {"counted": 2, "n": 2}}));
    let next = json!({"role": "count", "n": 3, "id$": "cccccccccccc/bbbbbbbbbbbb"});
    assert_eq!(two.act(next).await, json!({"reply": {"counted": 3, "n": 3}}));
    assert_eq!(bus.flows().of("role:count").replayed, 1);

    // A handler that asks for it is stricter: rule R8.
    let message = json!({"role": "charge", "n": 1, "id$": "dddddddddddd/bbbbbbbbbbbb"});
    let first = one.act(message.clone()).await;
    assert_eq!(first, json!({"reply": {"counted": 4}}));
    assert_eq!(two.act(message).await, first);
    let other = json!({"role": "charge", "n": 2, "id$": "dddddddddddd/bbbbbbbbbbbb"});
    let refused = three.act(other).await;
    assert!(refused.get("error").is_some(), "{refused}");
    assert_eq!(counted(), 4);
}

#[tokio::test]
async fn over_dialect_a() {
    the_second_answer_equals_the_first("a", "http").await;
}

#[tokio::test]
async fn over_dialect_b() {
    the_second_answer_equals_the_first("b", "http").await;
}

#[tokio::test]
async fn over_tcp() {
    the_second_answer_equals_the_first("c", "tcp").await;
}

#[tokio::test]
async fn what_is_only_sent_runs_once_too() {
    if left_out() {
        return;
    }
    let (_, bus, listener) = called("tcp").await;
    let port = listener.url().port().unwrap();
    let message = json!({"role": "log", "id$": "aaaaaaaaaaaa/bbbbbbbbbbbb"});
    for _ in 0..2 {
        let mut node = node::start("client.js", "c", port).await;
        node.say(&format!("!{message}")).await;
        assert_eq!(node.next().await, json!({"sent": true}));
        // An answer on the same connection shows that what came before was taken in.
        assert!(node.act(json!({"role": "count"})).await.get("reply").is_some());
    }
    bus.settled().await;
    let counts = bus.flows().of("role:log");
    assert_eq!((counts.replied, counts.replayed), (2, 1));
}
