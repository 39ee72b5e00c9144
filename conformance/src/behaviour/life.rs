use std::time::Duration;

use matchbus::Outcome;
use matchbus::transport::Exposed;
use serde_json::json;

use super::failure;
use crate::World;
use crate::services::{Gate, Take};

/// Draining: what runs is answered, and what comes is told that nothing ran.
pub async fn what_runs_ends_before_a_process_does_and_new_messages_are_told(world: World) {
    let mut far = world.far().await;
    let near = world.near(&[&far]).await.timeout(Duration::from_mins(10));
    let mut running = Vec::new();
    for n in 0..4 {
        let near = near.clone();
        running.push(tokio::spawn(async move { near.call(Gate { n }).await }));
    }
    far.seen.until("gate started", 4).await;
    let stopping = tokio::spawn({
        let bus = far.bus.clone();
        async move { bus.shutdown().await }
    });
    while far.bus.is_ready() {
        tokio::task::yield_now().await;
    }
    // Somebody else may come while there is time.
    let hurried = near.timeout(Duration::from_millis(200));
    let error = hurried.call(Take { sku: "tea".into(), n: 1 }).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotDone, "{error:?}");
    assert!(error.is_retryable(), "somebody else may take it: {error:?}");
    assert_eq!(far.seen.count("gate ended"), 0);
    far.seen.open(4);
    for (n, call) in (0..).zip(running) {
        assert_eq!(call.await.unwrap(), Ok(n));
    }
    assert_eq!(stopping.await.unwrap(), 0, "nothing was given up");
    if let Some(listener) = far.listener.take() {
        listener.ended().await;
    }
}

/// A handler that does not end in the time for draining: its caller is told so, and not left with a connection that broke.
pub async fn what_does_not_end_in_time_is_told(world: World) {
    let mut far = world.far_with(&Exposed::All, None, |bus| bus.drain(Duration::from_millis(50))).await;
    let near = world.near(&[&far]).await.timeout(Duration::from_mins(10));
    let caller = tokio::spawn(async move { near.act(json!({"suite": "hang"})).await });
    far.seen.until("hang started", 1).await;
    assert_eq!(far.bus.shutdown().await, 1, "one was given up");
    let (outcome, code, text) = failure(caller.await.unwrap());
    assert_eq!((outcome, code.as_str()), (Outcome::Unknown, "draining"), "{text}");
    assert_eq!(far.seen.count("hang dropped"), 1);
    if let Some(listener) = far.listener.take() {
        listener.ended().await;
    }
}
