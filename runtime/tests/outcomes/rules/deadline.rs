//! R4: one deadline for a message and all that it leads to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchbus::bus::Builder;
use matchbus::prelude::*;
use matchbus::transport::{Exposed, Head, Transport};

use super::{MS, REMOTE};
use crate::wire::{Fault, Wire};
use crate::world::{EFFECTS, Way, message, world, world_with};

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

/// The longest time that an attribute can say, and a window.
#[service(role = "patient", timeout("999999999999m"), effect(dedup("999999999999m")))]
async fn patient(_: Value, meta: Meta) -> Value {
    tokio::task::yield_now().await;
    (meta.budget().unwrap() > Duration::from_hours(24 * 365 * 50)).into()
}

async fn r4_a_time_without_end_is_as_good_as_never(way: Way) {
    let huge = |bus: Builder| bus.timeout(Duration::MAX).drain(Duration::MAX).dedup_window(Duration::MAX);
    let world = world_with(way, 1, huge, huge).await;
    let keyed = world.bus.idempotency_key("order 7");
    for bus in [&world.bus, &world.bus.timeout(Duration::MAX), &keyed.timeout(Duration::MAX)] {
        for kind in EFFECTS {
            let saw = world.call_by(bus, kind, "").await;
            // Over sockets a listener has a most of its own: a day over TCP, a minute over HTTP.
            assert!(saw.reply.unwrap()["left"].as_u64().unwrap() > 50_000, "{way:?} {kind}");
            bus.send(message(kind, "")).await.unwrap();
            bus.publish(message(kind, "")).await.unwrap();
        }
        world.at_rest().await;
    }
    assert!(world.call_by(&keyed, "dedup", "").await.receipt.is_replayed(), "{way:?}");
    for bus in &world.peers {
        assert_eq!(bus.shutdown().await, 0, "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r4_without_end_in_one_process() {
    r4_a_time_without_end_is_as_good_as_never(Way::Local).await;
}

#[tokio::test(start_paused = true)]
async fn r4_without_end_over_a_wire() {
    r4_a_time_without_end_is_as_good_as_never(Way::Wire).await;
}

#[tokio::test]
async fn r4_without_end_over_sockets() {
    for way in REMOTE {
        r4_a_time_without_end_is_as_good_as_never(way).await;
    }
}

/// Said by an attribute, and by a transport of a stranger's.
#[tokio::test(start_paused = true)]
async fn r4_without_end_by_others() {
    let wire = Wire::default();
    let bus = Bus::builder().services(matchbus::services![patient]).transport(wire.clone());
    let bus = bus.timeout(Duration::MAX).start().unwrap();
    assert_eq!(bus.idempotency_key("a").act(serde_json::json!({"role": "patient"})).await.unwrap(), true);
    let url = "wire://0".parse().unwrap();
    let _listener = bus.listen(&url, &Exposed::All).await.unwrap();
    let mut head = Head::default();
    (head.budget, head.key) = (Some(Duration::MAX), Some("b".into()));
    let link = wire.connect(&url).unwrap();
    assert_eq!(link.call(br#"{"role":"patient"}"#, &head).await.unwrap(), b"true");
    link.send(br#"{"role":"patient"}"#, &head).await.unwrap();
    bus.settled().await;
    assert_eq!(bus.flows().of("role:patient").replayed, 1);
}
