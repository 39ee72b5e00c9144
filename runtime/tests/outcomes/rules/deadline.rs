//! R4: one deadline for a message and all that it leads to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::transport::{Head, Transport};

use super::{MS, REMOTE};
use crate::wire::Fault;
use crate::world::{Way, message, world};

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

/// What is sent without time is refused to its sender, and not taken in to be found out of its time later.
#[tokio::test(start_paused = true)]
async fn r4_what_is_sent_without_time_is_refused() {
    let too_late = |error: matchbus::Error| {
        assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "deadline"), "{error}");
    };
    for way in [Way::Local, Way::Wire] {
        let world = world(way, 1).await;
        let hasty = world.bus.timeout(Duration::ZERO);
        too_late(hasty.send(message("read", "")).await.unwrap_err());
        too_late(hasty.publish(message("read", "")).await.unwrap_err());
        if way == Way::Wire {
            // From outside, too.
            let link = world.wire.connect(&"wire://0".parse().unwrap()).unwrap();
            let mut head = Head::default();
            head.budget = Some(Duration::ZERO);
            too_late(link.send(br#"{"role":"do","kind":"read","how":""}"#, &head).await.unwrap_err());
        }
        world.at_rest().await;
        let sent = usize::from(way == Way::Wire);
        assert_eq!((world.seen.runs(), world.counts("read").0, world.wire.heads().len()), (0, 0, sent));
    }
}

/// By a handler whose own time ended while it ran.
#[service(role = "late")]
async fn late(_: Value, bus: Bus, told: State<Mutex<Option<matchbus::Error>>>) {
    tokio::time::advance(Duration::from_secs(6)).await;
    *told.lock().unwrap() = bus.send(message("read", "")).await.err();
}

#[tokio::test(start_paused = true)]
async fn r4_what_a_handler_sends_after_its_time_is_refused() {
    let told = Arc::new(Mutex::new(None::<matchbus::Error>));
    let builder = Bus::builder().services(matchbus::services![late]).shared_state(Arc::clone(&told));
    let taken = Arc::new(AtomicUsize::new(0));
    let builder = builder.handle_json("kind:read,role:do".parse().unwrap(), {
        let taken = Arc::clone(&taken);
        move |_: Value| {
            taken.fetch_add(1, Ordering::SeqCst);
            async {}
        }
    });
    let bus = builder.start().unwrap();
    let _ = bus.act(serde_json::json!({"role": "late"})).await;
    bus.settled().await;
    let error = told.lock().unwrap().take().unwrap();
    assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "deadline"), "{error}");
    assert_eq!(taken.load(Ordering::SeqCst), 0);
}
