use matchbus::{CallError, Outcome};
use serde_json::json;

use super::failure;
use crate::World;
use crate::services::{StockError, Take};

/// With its values, code and whether a later try may succeed.
pub async fn the_service_s_own_error_comes_back_typed(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let take = |sku: &str| Take { sku: sku.into(), n: 1 };
    let out = near.call(take("none")).await.unwrap_err();
    assert_eq!(out, CallError::App(StockError::Out { sku: "none".into() }));
    assert_eq!(
        (out.outcome(), out.code().as_str(), out.is_retryable()),
        (Outcome::Done, "out-of-stock", true)
    );
    let broken = near.call(take("dust")).await.unwrap_err();
    assert_eq!(broken, CallError::App(StockError::Broken));
    assert_eq!((broken.code().as_str(), broken.is_retryable()), ("broken", false));
}

/// As an `ErrorReply`.
pub async fn the_service_s_own_error_tells_who_has_no_types(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let error = near.act(json!({"suite": "take", "sku": "none", "n": 1})).await.unwrap_err();
    let reply = error.app().unwrap_or_else(|| panic!("the service's own: {error:?}"));
    assert_eq!((reply.code.as_str(), reply.status, reply.retryable), ("out-of-stock", 409, true));
    assert_eq!(reply.message, "no none is left");
    assert_eq!(reply.details, json!({"Out": {"sku": "none"}}));
}

/// Code, path and pattern arrive, and nothing ran.
pub async fn a_message_that_does_not_fit_is_named_with_its_place(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for (message, path) in [
        (json!({"suite": "take", "sku": "tea", "n": "three"}), "n"),
        (json!({"suite": "take", "n": 1}), "sku"),
    ] {
        let error = near.act(message).await.unwrap_err();
        let bus = error.bus().unwrap_or_else(|| panic!("the bus's: {error:?}"));
        assert_eq!((bus.code(), bus.outcome()), ("invalid-message", Outcome::NotDone), "{bus}");
        assert!(bus.to_string().contains(path), "{path}: {bus}");
        assert_eq!(bus.pattern(), Some("suite:take"));
        assert!(bus.is_invalid() && bus.message_id().is_some() && !bus.is_retryable());
    }
}

/// It is told as done, and the next message is answered.
pub async fn a_panic_is_an_error_and_the_process_lives(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for _ in 0..3 {
        let (outcome, code, text) = failure(near.act(json!({"suite": "boom"})).await);
        assert_eq!((outcome, code.as_str()), (Outcome::Done, "panic"), "{text}");
        assert!(text.contains("boom, as asked for"), "{text}");
        assert_eq!(near.call(Take { sku: "tea".into(), n: 2 }).await, Ok(2));
    }
}

/// And the keys that come near are named somewhere.
pub async fn a_message_that_nobody_answers_is_not_done(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for message in [json!({"suite": "nobody"}), json!({}), json!({"suite": 7}), json!({"suite": null})] {
        let (outcome, code, text) = failure(near.act(message.clone()).await);
        assert_eq!((outcome, code.as_str()), (Outcome::NotDone, "no-handler"), "{message}: {text}");
    }
}
