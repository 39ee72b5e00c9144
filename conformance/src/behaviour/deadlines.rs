use std::time::Duration;

use matchbus::Outcome;
use serde_json::{Value, json};

use super::failure;
use crate::World;
use crate::services::{Gate, Relay, Who};

/// Longer than a behaviour may take: what ends a handler is not its deadline.
const LONG: Duration = Duration::from_mins(10);

fn budget(about: &Value) -> Duration {
    Duration::from_micros(about["budget"].as_u64().expect("a budget arrived"))
}

/// As a duration, and less at each step.
pub async fn the_time_that_is_left_goes_along(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    // A transport may round up to whole milliseconds.
    let rounding = Duration::from_millis(1);
    for time in [Duration::from_millis(900), Duration::from_secs(3)] {
        let left = budget(&near.timeout(time).call(Who {}).await.unwrap());
        assert!(left <= time + rounding && !left.is_zero(), "{left:?} of {time:?}");
        let both = near.timeout(time).call(Relay {}).await.unwrap();
        let (here, there) = (budget(&both["near"]), budget(&both["far"]));
        assert!(there <= here + rounding && here <= time, "{there:?} of {here:?} of {time:?}");
    }
    let left = budget(&near.call(Who {}).await.unwrap());
    assert!(left <= Duration::from_secs(5) + rounding, "{left:?} where none was given");
}

/// Nothing is begun that could not end in time.
pub async fn a_message_without_time_is_not_done(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let error = near.timeout(Duration::ZERO).call(Gate { n: 1 }).await.unwrap_err();
    assert!(error.bus().is_some_and(matchbus::Error::is_deadline), "{error:?}");
    assert_eq!((error.outcome(), far.seen.count("gate started")), (Outcome::NotDone, 0));
}

/// The caller is told, and cannot know.
pub async fn a_deadline_that_passes_leaves_the_outcome_unknown(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let hang = json!({"suite": "hang"});
    let (outcome, code, text) = failure(near.timeout(Duration::from_millis(100)).act(hang).await);
    assert_eq!((outcome, code.as_str()), (Outcome::Unknown, "deadline"), "{text}");
}

/// And the handler is dropped.
pub async fn a_deadline_that_passes_ends_the_far_handler(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let hang = json!({"suite": "hang"});
    failure(near.timeout(Duration::from_millis(100)).act(hang).await);
    far.seen.until("hang dropped", 1).await;
}

/// A handler may allow itself less than its caller does.
pub async fn a_handler_s_own_time_is_kept_at_the_far_side(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let (outcome, code, text) = failure(near.act(json!({"suite": "slow"})).await);
    assert_eq!((outcome, code.as_str()), (Outcome::Unknown, "deadline"), "{text}");
    assert!(text.contains("suite:slow"), "the pattern is named: {text}");
}

/// A caller goes away.
pub async fn cancellation_reaches_the_far_handler(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let near = near.timeout(LONG);
    let caller = tokio::spawn(async move { near.act(json!({"suite": "hang"})).await });
    far.seen.until("hang started", 1).await;
    assert_eq!(far.seen.count("hang dropped"), 0);
    caller.abort();
    far.seen.until("hang dropped", 1).await;
}

/// They may share a connection.
pub async fn one_caller_s_cancellation_leaves_others_alone(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let other = tokio::spawn({
        let near = near.timeout(LONG);
        async move { near.call(Gate { n: 7 }).await }
    });
    far.seen.until("gate started", 1).await;
    let mut callers = Vec::new();
    for n in 1..=8 {
        let near = near.timeout(LONG);
        callers.push(tokio::spawn(async move { near.act(json!({"suite": "hang"})).await }));
        far.seen.until("hang started", n).await;
    }
    for caller in &callers {
        caller.abort();
    }
    far.seen.until("hang dropped", 8).await;
    far.seen.open(1);
    assert_eq!(other.await.unwrap(), Ok(7));
}
