use serde_json::json;
use tokio::task::JoinSet;

use crate::World;
use crate::services::{Gate, Relay, Take};

/// How many calls are under way at once.
const MANY: u32 = 512;

/// Typed or not, here or there.
pub async fn a_call_is_answered(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    assert_eq!(near.call(Take { sku: "tea".into(), n: 3 }).await, Ok(3));
    let take = json!({"suite": "take", "sku": "tea", "n": 4});
    assert_eq!(near.act(take.clone()).await, Ok(json!(4)));
    let bytes = serde_json::to_vec(&take).unwrap();
    assert_eq!(near.act_bytes(&bytes).await.as_deref(), Ok(&b"4"[..]));
}

/// A handler here calls one there.
pub async fn a_call_from_inside_of_a_handler_is_answered(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let both = near.call(Relay {}).await.unwrap();
    assert!(both["near"]["id"].is_string() && both["far"]["id"].is_string(), "{both}");
}

/// Not only objects.
pub async fn any_json_is_a_reply(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for reply in [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1.5),
        json!(""),
        json!("null"),
        json!([]),
        json!([[], [null], {}]),
        json!({}),
        json!({"error": {"code": "none", "message": "a reply, and no error"}}),
        json!({"outcome": "not-done", "id": null, "res": 1}),
    ] {
        let answered = near.act(json!({"suite": "give", "reply": reply})).await;
        assert_eq!(answered.as_ref(), Ok(&reply));
    }
}

/// Answers are not mixed up, in whatever order they come.
pub async fn many_calls_at_once_each_get_their_own_answer(world: World) {
    let far = world.far().await;
    let way = world.plain_way(&far);
    let mut calls = JoinSet::new();
    for n in 0..MANY {
        let way = way.clone();
        calls.spawn(async move {
            let long = "x".repeat(n as usize * 7 % 2_000);
            let message = json!({"suite": "echo", "n": n, "long": long}).to_string();
            let reply =
                way.call(message.as_bytes()).await.unwrap_or_else(|error| panic!("call {n}: {error}"));
            assert!(reply == message.as_bytes(), "call {n} was answered with {} bytes", reply.len());
        });
    }
    let mut ended = 0;
    while let Some(call) = calls.join_next().await {
        call.unwrap();
        ended += 1;
    }
    assert_eq!(ended, MANY);
}

/// Sixteen wait, and others are answered meanwhile; the sixteen in the end, too.
pub async fn slow_handlers_do_not_hold_up_others(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let mut slow = JoinSet::new();
    for n in 0..16 {
        let near = near.clone();
        slow.spawn(async move { assert_eq!(near.call(Gate { n }).await, Ok(n)) });
    }
    far.seen.until("gate started", 16).await;
    for n in 0..16 {
        assert_eq!(near.call(Take { sku: "tea".into(), n }).await, Ok(n));
    }
    assert_eq!(far.seen.count("gate ended"), 0);
    far.seen.open(16);
    while let Some(call) = slow.join_next().await {
        call.unwrap();
    }
}
