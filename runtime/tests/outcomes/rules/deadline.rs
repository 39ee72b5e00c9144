//! R4: one deadline for a message and all that it leads to.

use std::time::Duration;

use matchbus::prelude::*;

use super::{MS, REMOTE};
use crate::wire::Fault;
use crate::world::{Way, world};

#[tokio::test(start_paused = true)]
async fn r4_a_message_ends_at_its_deadline() {
    for way in [Way::Local, Way::Wire] {
        let world = world(way, 2).await;
        let saw = world.call("undeclared", "hang").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::Unknown, "deadline".into()), 1), "{way:?}");
        assert!(saw.took >= 4_990 * MS && saw.took <= 5_050 * MS, "{way:?} {saw:?}");
        world.seen.cancelled.notified().await;
        let saw = world.call_by(&world.bus.timeout(700 * MS), "read", "hang").await;
        assert!(saw.took <= 750 * MS, "{way:?} {saw:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r4_what_is_left_goes_along_and_nothing_left_is_not_done() {
    for way in [Way::Local, Way::Wire] {
        let world = world(way, 1).await;
        world.wire.fault(Fault::Late(200 * MS), 1);
        let saw = world.call_by(&world.bus.timeout(1_000 * MS), "undeclared", "").await;
        assert!((1..=1_000).contains(&saw.reply.unwrap()["left"].as_u64().unwrap()), "{way:?}");
        let saw = world.call_by(&world.bus.timeout(Duration::ZERO), "idempotent", "").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::NotDone, "deadline".into()), 0), "{way:?}");
    }
}

#[tokio::test]
async fn r4_over_sockets() {
    for way in REMOTE {
        let world = world(way, 1).await;
        let saw = world.call_by(&world.bus.timeout(900 * MS), "undeclared", "").await;
        assert!((1..=900).contains(&saw.reply.unwrap()["left"].as_u64().unwrap()), "{way:?}");
        let saw = world.call_by(&world.bus.timeout(Duration::ZERO), "idempotent", "").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::NotDone, "deadline".into()), 0), "{way:?}");
    }
}
