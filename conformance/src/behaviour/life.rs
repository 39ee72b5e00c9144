use matchbus::Outcome;

use crate::World;
use crate::services::{Gate, Take};

/// Draining: what runs is answered, and what comes is told that nothing ran.
pub async fn what_runs_ends_before_a_process_does_and_new_messages_are_told(world: World) {
    let mut far = world.far().await;
    let near = world.near(&[&far]).await;
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
    let error = near.call(Take { sku: "tea".into(), n: 1 }).await.unwrap_err();
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
