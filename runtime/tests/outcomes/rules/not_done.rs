//! R1: what was certainly not done is tried again, whatever the handler declares.

use std::time::Duration;

use matchbus::prelude::*;
use serde_json::json;

use super::MS;
use crate::wire::Fault;
use crate::world::{EFFECTS, Way, message, pattern, world, world_with};

async fn r1_not_done_is_tried_elsewhere(way: Way) {
    for kind in EFFECTS {
        let world = world(way, 2).await;
        world.call(kind, "").await.reply.unwrap();
        // It refuses from here on; whether it was told that before or after the message, nothing ran there.
        world.peers[0].shutdown().await;
        let before = world.peers[0].flows().of(&pattern(kind)).replied;
        for _ in 0..10 {
            let saw = world.call(kind, "").await;
            assert_eq!((saw.end(), saw.runs), ((Outcome::Done, "ok".into()), 1), "{way:?} {kind} {saw:?}");
            assert!((1..=4).contains(&saw.receipt.attempts()), "{saw:?}");
        }
        assert_eq!(world.peers[0].flows().of(&pattern(kind)).replied, before);
    }
}

#[tokio::test(start_paused = true)]
async fn r1_over_a_wire() {
    r1_not_done_is_tried_elsewhere(Way::Wire).await;
}

#[tokio::test]
async fn r1_over_tcp() {
    r1_not_done_is_tried_elsewhere(Way::Tcp).await;
}

#[tokio::test(start_paused = true)]
async fn r1_what_was_refused_is_not_tried_again() {
    struct NoTenant;
    impl<S: Clone> tower_layer::Layer<S> for NoTenant {
        type Service = Refuse;
        fn layer(&self, _: S) -> Refuse {
            Refuse
        }
    }
    #[derive(Clone)]
    struct Refuse;
    impl tower_service::Service<matchbus::bus::Request> for Refuse {
        type Response = matchbus::bus::Response;
        type Error = matchbus::Error;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: matchbus::bus::Request) -> Self::Future {
            std::future::ready(Err(matchbus::Error::refused("no tenant")))
        }
    }
    let refuses = |bus: matchbus::bus::Builder| bus.layer(matchbus::bus::At::Handler, NoTenant);
    for way in [Way::Local, Way::Wire] {
        let world = world_with(way, 2, |bus| bus, refuses).await;
        for kind in EFFECTS {
            let saw = world.call_by(&world.bus.idempotency_key("k"), kind, "").await;
            assert_eq!((saw.end(), saw.runs), ((Outcome::NotDone, "refused".into()), 0), "{way:?} {kind}");
            assert!(saw.receipt.attempts() <= 1, "{saw:?}");
            // Nor remembered.
            assert!(!world.call_by(&world.bus.idempotency_key("k"), kind, "").await.receipt.is_replayed());
        }
    }
}

/// Who has never been there holds up for some seconds what nobody answers, and then no more; and it is named.
#[tokio::test(start_paused = true)]
async fn who_never_starts_is_waited_for_once() {
    let world = world(Way::Wire, 1).await;
    world.bus.connect(&"wire://nobody".parse().unwrap()).await.unwrap();
    let bus = world.bus.timeout(60_000 * MS);
    let mut took = Vec::new();
    for _ in 0..2 {
        let began = tokio::time::Instant::now();
        let error = bus.act(json!({"role": "no such"})).await.unwrap_err();
        took.push(began.elapsed());
        assert_eq!(error.code(), "no-handler");
        assert!(error.to_string().contains("what `wire://nobody` answers is not known: "), "{error}");
        // Others are answered meanwhile.
        world.call("read", "").await.reply.unwrap();
    }
    assert!(took[0] > 2_000 * MS && took[0] <= 5_000 * MS && took[1] < MS, "{took:?}");
}

/// A question to which no answer can come any more, over a connection that is dead, is not the last one.
#[tokio::test(start_paused = true)]
async fn who_does_not_say_what_it_answers_is_asked_again() {
    let world = world(Way::Wire, 1).await;
    world.wire.lose_catalogues(true);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let lost = world.wire.asked();
    assert!(lost >= 6, "asked {lost} times in a minute");
    world.wire.lose_catalogues(false);
    // What was known of it stays.
    assert_eq!(world.call("read", "").await.end(), (Outcome::Done, "ok".into()));
    for _ in 0..60 {
        world.call("read", "").await.reply.unwrap();
        tokio::time::sleep(1_000 * MS).await;
    }
    assert!(world.wire.asked() >= lost + 25, "{} after {lost}", world.wire.asked());
}

/// Who has nothing to do lets the others rest, and asks at once when what it knows does not do.
#[tokio::test(start_paused = true)]
async fn an_idle_process_seldom_asks_what_others_answer() {
    let world = world(Way::Wire, 1).await;
    world.call("read", "").await.reply.unwrap();
    tokio::time::sleep(10_000 * MS).await;
    let before = world.wire.asked();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let asked = world.wire.asked() - before;
    assert!((2..=4).contains(&asked), "asked {asked} times in a minute");
    // The last question may be less than two seconds ago.
    tokio::time::sleep(2_000 * MS).await;
    let before = world.wire.asked();
    world.bus.act(json!({"role": "no such"})).await.unwrap_err();
    tokio::time::sleep(2_000 * MS).await;
    assert!(world.wire.asked() > before);
}

/// Who comes back within the deadline is not missed: a service of one process may be restarted.
#[tokio::test(start_paused = true)]
async fn r1_who_is_away_is_waited_for() {
    for kind in EFFECTS {
        let world = world(Way::Wire, 1).await;
        world.wire.fault(Fault::Away, 7);
        let saw = world.call(kind, "").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::Done, "ok".into()), 1), "{kind} {saw:?}");
        // Those that met nobody were no attempts, and took nothing from the retry budget.
        assert_eq!((saw.receipt.attempts(), world.bus.flows().to(&pattern(kind)).attempts), (1, 1), "{kind}");
        world.wire.fault(Fault::Away, 7);
        world.bus.send(message(kind, "")).await.unwrap();
        world.at_rest().await;
        world.wire.fault(Fault::Away, 100_000);
        let saw = world.call(kind, "").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::NotDone, "unreachable".into()), 0), "{kind} {saw:?}");
        assert!(saw.took >= 4_900 * MS && saw.took <= 5_000 * MS, "{kind} {saw:?}");
        assert_eq!(world.bus.send(message(kind, "")).await.unwrap_err().outcome(), Outcome::NotDone);
    }
}

#[tokio::test(start_paused = true)]
async fn r1_beside_who_is_away_the_next_one_is_asked_at_once() {
    let world = world(Way::Wire, 3).await;
    world.wire.fault(Fault::Away, 2);
    let saw = world.call("undeclared", "").await;
    assert_eq!((saw.end(), saw.took), ((Outcome::Done, "ok".into()), Duration::ZERO), "{saw:?}");
    // Both come back, though the third one did well all the time.
    for _ in 0..200 {
        assert_eq!(world.call("undeclared", "").await.runs, 1);
        tokio::time::advance(MS).await;
    }
    let ran = world.peers.iter().map(|peer| peer.flows().of(&pattern("undeclared")).replied);
    let ran: Vec<u64> = ran.collect();
    assert!(ran.iter().all(|ran| *ran > 30), "{ran:?}");
}

#[tokio::test(start_paused = true)]
async fn r1_nobody_there_is_not_done() {
    for way in [Way::Local, Way::Wire] {
        let world = world(way, 1).await;
        let saw = world.call("no-such", "").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::NotDone, "no-handler".into()), 0), "{way:?}");
    }
}
