//! R11: what is sent.

use matchbus::Receipt;
use matchbus::bus::Sent;
use matchbus::prelude::*;
use serde_json::json;

use crate::wire::Fault;
use crate::world::{Way, message, world};

async fn r11_what_is_sent_is_taken_in_and_not_stored(way: Way) {
    let world = world(way, 1).await;
    // The type says that it is not durable.
    let _: Sent = world.bus.send(message("undeclared", "wait")).await.unwrap();
    world.seen.started.notified().await;
    world.seen.go_on.notify_one();
    world.at_rest().await;
    // A repeat under its key is taken in, too, and does not run.
    let keyed = world.bus.idempotency_key("order 7");
    for _ in 0..2 {
        keyed.send(message("dedup", "")).await.unwrap();
    }
    world.at_rest().await;
    assert_eq!((world.seen.runs(), world.counts("dedup")), (2, (2, 0, 1)), "{way:?}");
    let error = world.bus.send(message("no-such", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "no-handler"), "{way:?}");
}

#[tokio::test(start_paused = true)]
async fn r11_in_one_process() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Local).await;
}

#[tokio::test]
async fn r11_over_tcp() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Tcp).await;
}

#[tokio::test]
async fn r11_over_http() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Http).await;
}

#[tokio::test(start_paused = true)]
async fn r11_without_an_acknowledgement_nobody_says_that_it_was_sent() {
    let world = world(Way::Wire, 1).await;
    world.wire.fault(Fault::LoseReply, 1);
    let error = world.bus.send(message("undeclared", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, "deadline"));
    let receipt = Receipt::new();
    assert!(world.bus.receipt(&receipt).act(json!({"role":"do","kind":"read","how":""})).await.is_ok());
    assert_eq!((receipt.attempts(), receipt.is_replayed()), (1, false));
}
