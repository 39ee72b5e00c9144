//! R10: the caller dies.

use matchbus::prelude::*;

use super::MS;
use crate::world::{Way, begin, pattern, world};

async fn r10_the_caller_dies(way: Way) {
    // What nobody remembers is cancelled, and its outcome is counted as unknown.
    let world = world(way, 1).await;
    let call = begin(&world.bus, "undeclared", "hang");
    world.seen.started.notified().await;
    call.abort();
    world.seen.cancelled.notified().await;
    world.at_rest().await;
    assert_eq!(world.counts("undeclared"), (1, 1, 0), "{way:?}");
    // What is remembered runs on; its reply is for whoever asks next.
    let keyed = world.bus.idempotency_key("order 7");
    let call = begin(&keyed, "dedup", "wait");
    world.seen.started.notified().await;
    call.abort();
    while world.counts("dedup").1 < 1 {
        tokio::task::yield_now().await;
    }
    world.seen.go_on.notify_one();
    let saw = world.call_by(&keyed, "dedup", "wait").await;
    assert_eq!(
        (saw.end(), saw.runs, saw.receipt.is_replayed()),
        ((Outcome::Done, "ok".into()), 0, true),
        "{way:?}"
    );
    assert_eq!(world.counts("dedup"), (2, 1, 1), "{way:?}");
    // Whoever sends to another process counts the answers that nobody waited for, and those that came too late.
    if way != Way::Local {
        let given_up = |kind| world.bus.flows().to(&pattern(kind)).given_up;
        assert_eq!((given_up("undeclared"), given_up("dedup")), (1, 1), "{way:?}");
        let late = world.call_by(&world.bus.timeout(50 * MS), "undeclared", "hang").await;
        assert_eq!(late.end(), (Outcome::Unknown, "deadline".into()), "{late:?}");
        world.call("undeclared", "fail").await.reply.unwrap_err();
        assert_eq!(given_up("undeclared"), 2, "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r10_in_one_process() {
    r10_the_caller_dies(Way::Local).await;
}

#[tokio::test(start_paused = true)]
async fn r10_over_a_wire() {
    r10_the_caller_dies(Way::Wire).await;
}

#[tokio::test]
async fn r10_over_tcp() {
    r10_the_caller_dies(Way::Tcp).await;
}

#[tokio::test]
async fn r10_over_http() {
    r10_the_caller_dies(Way::Http).await;
}
