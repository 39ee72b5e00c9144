//! R6: a second copy before the first timed out, for reads only.

use matchbus::prelude::*;

use super::MS;
use crate::wire::Fault;
use crate::world::{Way, begin, pattern, world_with};

async fn r6_a_slow_read_is_hedged(way: Way) {
    let hedges = |bus: matchbus::bus::Builder| bus.hedge_reads(true);
    let world = world_with(way, 2, hedges, |bus| bus).await;
    for _ in 0..60 {
        world.call("read", "").await.reply.unwrap();
    }
    let before = world.bus.flows().to(&pattern("read"));
    let saw = world.call("read", "first hangs").await;
    assert_eq!(
        (saw.end(), saw.runs, saw.receipt.attempts()),
        ((Outcome::Done, "ok".into()), 2, 2),
        "{way:?}"
    );
    assert!(saw.receipt.is_hedged());
    // The loser is cancelled where it runs.
    world.seen.cancelled.notified().await;
    world.at_rest().await;
    let to = world.bus.flows().to(&pattern("read"));
    assert_eq!((to.hedges - before.hedges, to.hedges_won - before.hedges_won), (1, 1), "{way:?} {to:?}");
    if way == Way::Wire {
        assert!(saw.took <= 2 * MS, "{saw:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r6_over_a_wire() {
    r6_a_slow_read_is_hedged(Way::Wire).await;
}

#[tokio::test]
async fn r6_over_tcp() {
    r6_a_slow_read_is_hedged(Way::Tcp).await;
}

#[tokio::test]
async fn r6_over_http() {
    r6_a_slow_read_is_hedged(Way::Http).await;
}

#[tokio::test(start_paused = true)]
async fn r6_nothing_else_is_hedged() {
    for (kind, on, peers) in [
        ("read", false, 2),
        ("read", true, 1),
        ("idempotent", true, 2),
        ("dedup", true, 2),
        ("undeclared", true, 2),
        ("accept-duplicates", true, 2),
    ] {
        let hedges = |bus: matchbus::bus::Builder| if on { bus.hedge_reads(true) } else { bus };
        let world = world_with(Way::Wire, peers, hedges, |bus| bus).await;
        for _ in 0..60 {
            world.call(kind, "").await.reply.unwrap();
        }
        world.wire.fault(Fault::Late(20 * MS), 1);
        let saw = world.call(kind, "").await;
        assert_eq!((saw.runs, saw.receipt.attempts(), saw.receipt.is_hedged()), (1, 1, false), "{kind}");
        assert_eq!(world.bus.flows().to(&pattern(kind)).hedges, 0, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn r6_hedges_are_part_of_the_retry_budget() {
    let world = world_with(Way::Wire, 2, |bus| bus.hedge_reads(true), |bus| bus).await;
    for _ in 0..60 {
        world.call("read", "").await.reply.unwrap();
    }
    world.wire.fault(Fault::Late(40 * MS), 100_000);
    let calls: Vec<_> = (0..500).map(|_| begin(&world.bus, "read", "")).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let to = world.bus.flows().to(&pattern("read"));
    assert!(to.hedges <= 56 + 100 && to.hedges > 0 && to.out_of_budget > 0, "{to:?}");
}
