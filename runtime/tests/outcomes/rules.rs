use std::time::Duration;

use matchbus::Receipt;
use matchbus::bus::Sent;
use matchbus::prelude::*;
use serde_json::json;

use crate::wire::Fault;
use crate::world::{EFFECTS, Way, begin, message, pattern, world, world_with};

const MS: Duration = Duration::from_millis(1);
const REMOTE: [Way; 2] = [Way::Tcp, Way::Http];

// ---- R1: what was certainly not done is tried again, whatever the handler declares ----

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

// ---- R2: what may have run is tried again only where that does no harm ----

#[tokio::test(start_paused = true)]
async fn r2_unknown_is_tried_again_only_where_it_may_be() {
    let (done, unknown) = ((Outcome::Done, "ok".to_owned()), (Outcome::Unknown, "deadline".to_owned()));
    for (kind, fault, end, runs, attempts) in [
        ("undeclared", Fault::LoseReply, &unknown, 1, 1),
        ("undeclared", Fault::LoseRequest, &unknown, 0, 1),
        ("accept-duplicates", Fault::LoseReply, &unknown, 1, 1),
        ("read", Fault::LoseReply, &done, 2, 2),
        ("read", Fault::LoseRequest, &done, 1, 2),
        ("idempotent", Fault::LoseReply, &done, 2, 2),
        ("idempotent", Fault::LoseRequest, &done, 1, 2),
        // The second attempt is a repeat of the first.
        ("dedup", Fault::LoseReply, &done, 1, 2),
        ("dedup", Fault::LoseRequest, &done, 1, 2),
    ] {
        for way in [Way::Wire, Way::Route] {
            // One process, or else the repeat may come to another one, which knows nothing of the first.
            let world = world(way, 1).await;
            world.wire.fault(fault, 1);
            let saw = world.call(kind, "").await;
            let attempted = saw.receipt.attempts();
            assert_eq!((&saw.end(), saw.runs, attempted), (end, runs, attempts), "{way:?} {kind} {fault:?}");
            assert_eq!(
                saw.receipt.is_replayed(),
                kind == "dedup" && runs == 1 && matches!(fault, Fault::LoseReply)
            );
            // A message that is sent again is the same message.
            let heads = world.wire.heads();
            assert!(
                heads.iter().all(|head| (head.id, &head.key) == (heads[0].id, &heads[0].key)),
                "{heads:?}"
            );
            assert_eq!(
                heads.iter().map(|head| head.attempt).collect::<Vec<_>>(),
                (0..attempts).collect::<Vec<_>>()
            );
        }
    }
}

/// What one attempt left in doubt, a later one that came to nobody does not make certain.
#[tokio::test(start_paused = true)]
async fn r2_who_may_have_run_is_never_said_not_to_have() {
    for (later, said) in [(Fault::Away, "nobody is there"), (Fault::Full, "it is full")] {
        let world = world(Way::Wire, 1).await;
        world.wire.fault(Fault::LoseReply, 1);
        world.wire.fault(later, 1_000);
        let saw = world.call("idempotent", "").await;
        assert_eq!((saw.end(), saw.runs), ((Outcome::Unknown, "deadline".into()), 1), "{later:?}");
        let text = saw.reply.unwrap_err().to_string();
        assert!(text.contains("may have been handled") && text.contains(said), "{text}");
    }
    let sending = world(Way::Wire, 1).await;
    sending.wire.fault(Fault::Break, 1);
    sending.wire.fault(Fault::Away, 1_000);
    let error = sending.bus.send(message("idempotent", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, "connection-lost"), "{error}");
    // Where nothing left, that stays certain.
    let world = world(Way::Wire, 1).await;
    world.wire.fault(Fault::Away, 1_000);
    let saw = world.call("idempotent", "").await;
    assert_eq!((saw.end(), saw.runs), ((Outcome::NotDone, "unreachable".into()), 0));
}

/// An address of a route is asked for that route only: it is no peer until it is made one.
#[tokio::test(start_paused = true)]
async fn r2_a_route_learns_for_itself() {
    let world = world(Way::Wire, 1).await;
    let to: matchbus::transport::Url = "wire://0".parse().unwrap();
    let route = matchbus::bus::Route::consume("kind:read,role:do".parse().unwrap(), [to.clone()]);
    let bus = Bus::builder().transport(world.wire.clone()).route(route).start().unwrap();
    tokio::time::sleep(1_000 * MS).await;
    let end = async |kind| world.call_by(&bus, kind, "").await.end();
    assert_eq!(end("read").await, (Outcome::Done, "ok".into()));
    assert_eq!(end("idempotent").await, (Outcome::NotDone, "no-handler".into()));
    bus.connect(&to).await.unwrap();
    assert_eq!(end("idempotent").await, (Outcome::Done, "ok".into()));
}

#[tokio::test(start_paused = true)]
async fn r2_what_is_done_is_not_tried_again() {
    for way in [Way::Local, Way::Wire] {
        let world = world(way, 2).await;
        for kind in EFFECTS {
            for (how, code) in [("fail", "said-no"), ("panic", "panic")] {
                let saw = world.call(kind, how).await;
                assert_eq!((saw.end(), saw.runs), ((Outcome::Done, code.into()), 1), "{way:?} {kind} {how}");
            }
        }
    }
}

#[tokio::test]
async fn r2_over_sockets() {
    for way in REMOTE {
        for (kind, code) in [("fail", "said-no"), ("panic", "panic")] {
            let world = world(way, 2).await;
            let saw = world.call("idempotent", kind).await;
            assert_eq!((saw.end(), saw.runs), ((Outcome::Done, code.into()), 1), "{way:?}");
        }
    }
}

// ---- R4: one deadline for a message and all that it leads to ----

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

// ---- R5: attempts, their time-outs, the retry budget ----

#[tokio::test(start_paused = true)]
async fn r5_at_most_four_attempts_inside_of_the_deadline() {
    let world = world(Way::Wire, 2).await;
    world.wire.fault(Fault::LoseReply, usize::from(u8::MAX));
    let saw = world.call("idempotent", "").await;
    assert_eq!((saw.end(), saw.runs), ((Outcome::Unknown, "deadline".into()), 4));
    assert_eq!(saw.receipt.attempts(), 4);
    assert!(saw.took <= 5_050 * MS, "{saw:?}");
    let to = world.bus.flows().to(&pattern("idempotent"));
    assert_eq!((to.messages, to.attempts, to.hedges), (1, 4, 0));
}

#[tokio::test(start_paused = true)]
async fn r5_an_attempt_takes_four_times_the_p99_but_at_least_50_ms_and_at_most_half() {
    let world = world(Way::Wire, 2).await;
    // Before anything was seen: half of what is left.
    world.wire.fault(Fault::LoseReply, 1);
    let saw = world.call("idempotent", "").await;
    assert!(saw.took >= 2_500 * MS && saw.took <= 2_530 * MS, "{saw:?}");
    for _ in 0..60 {
        world.call("idempotent", "").await.reply.unwrap();
    }
    world.wire.fault(Fault::LoseReply, 1);
    let saw = world.call("idempotent", "").await;
    assert!(saw.took >= 50 * MS && saw.took <= 80 * MS, "{saw:?}");
    world.wire.fault(Fault::Late(30 * MS), 60);
    for _ in 0..60 {
        world.call("idempotent", "").await.reply.unwrap();
    }
    world.wire.fault(Fault::LoseReply, 1);
    let saw = world.call("idempotent", "").await;
    assert!(saw.took >= 120 * MS && saw.took <= 150 * MS, "{saw:?}");
}

/// To give up on an attempt makes time for another one; where none may follow there is nothing to gain.
#[tokio::test(start_paused = true)]
async fn r5_an_attempt_that_none_may_follow_has_all_the_time() {
    let world = world(Way::Wire, 1).await;
    for _ in 0..60 {
        world.call("undeclared", "").await.reply.unwrap();
    }
    let saw = world.call("undeclared", "three seconds").await;
    assert_eq!((saw.end(), saw.runs, saw.receipt.attempts()), ((Outcome::Done, "ok".into()), 1, 1));
}

/// A handler is slow for itself, and one that needs most of the time is let end.
#[tokio::test(start_paused = true)]
async fn r5_a_slow_handler_beside_fast_ones_is_not_repeated() {
    let world = world(Way::Wire, 2).await;
    for _ in 0..200 {
        world.call("read", "").await.reply.unwrap();
    }
    let mut repeats = 0;
    for n in 0..40 {
        let saw = world.call("idempotent", "three seconds").await;
        repeats = if saw.end() == (Outcome::Done, "ok".into()) && saw.runs == 1 { 0 } else { n + 1 };
    }
    assert!(repeats <= 20, "it was learnt only after {repeats} calls");
    let to = world.bus.flows().to(&pattern("idempotent"));
    assert!(to.attempts <= to.messages + 60, "{to:?}");
}

/// Many calls of a handler that hangs say nothing of the others, nor do callers with little time.
#[tokio::test(start_paused = true)]
async fn r5_a_handler_that_hangs_does_not_take_its_process_with_it() {
    let world = world(Way::Wire, 1).await;
    let short = world.bus.timeout(300 * MS);
    for kind in ["undeclared", "idempotent"] {
        let calls: Vec<_> = (0..100).map(|_| begin(&short, kind, "hang")).collect();
        for call in calls {
            let error = call.await.unwrap().unwrap_err();
            assert_eq!(error.code(), "deadline", "{kind} {error:?}");
        }
        for kind in [kind, "read"] {
            let saw = world.call_by(&short, kind, "").await;
            assert_eq!(saw.end(), (Outcome::Done, "ok".into()), "{kind} {saw:?}");
        }
    }
}

/// Of two processes that are both slow now, since what they call is.
#[tokio::test(start_paused = true)]
async fn r5_an_attempt_that_the_budget_does_not_let_follow_has_all_the_time() {
    let world = world(Way::Wire, 2).await;
    for _ in 0..60 {
        world.call("idempotent", "").await.reply.unwrap();
    }
    world.wire.fault(Fault::Late(600 * MS), 100_000);
    let calls: Vec<_> = (0..300).map(|_| begin(&world.bus, "idempotent", "")).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let to = world.bus.flows().to(&pattern("idempotent"));
    assert!(to.attempts > 360 && to.attempts <= 360 + 36 + 100, "{to:?}");
}

/// With one process another attempt can only go to the same one, where it would begin anew.
#[tokio::test(start_paused = true)]
async fn r5_an_attempt_at_the_only_process_has_half_of_the_time() {
    let world = world(Way::Wire, 1).await;
    for _ in 0..60 {
        world.call("idempotent", "").await.reply.unwrap();
    }
    world.wire.fault(Fault::Late(2_000 * MS), 1);
    let saw = world.call("idempotent", "").await;
    assert_eq!((saw.end(), saw.runs, saw.receipt.attempts()), ((Outcome::Done, "ok".into()), 1, 1));
    world.wire.fault(Fault::LoseReply, 1);
    let saw = world.call("idempotent", "").await;
    assert!(saw.runs == 2 && saw.took >= 2_500 * MS && saw.took <= 2_530 * MS, "{saw:?}");
}

#[tokio::test(start_paused = true)]
async fn r5_the_retry_budget_bounds_what_is_repeated() {
    let world = world(Way::Wire, 2).await;
    world.wire.fault(Fault::LoseRequest, 100_000);
    let calls: Vec<_> = (0..300).map(|_| begin(&world.bus, "idempotent", "")).collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_ne!(error.outcome(), Outcome::Done, "{error:?}");
    }
    let to = world.bus.flows().to(&pattern("idempotent"));
    assert_eq!(to.messages, 300);
    // A tenth of the messages and ten a second of the last ten seconds.
    assert!(to.attempts <= 300 + 30 + 100, "{to:?}");
    assert!(to.out_of_budget > 0, "{to:?}");
}

#[tokio::test(start_paused = true)]
async fn r5_the_retry_budget_is_one_for_sends_too() {
    let world = world(Way::Wire, 1).await;
    world.wire.fault(Fault::Full, 100_000);
    for _ in 0..200 {
        let error = world.bus.send(message("idempotent", "")).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotDone, "{error:?}");
    }
    let to = world.bus.flows().to(&pattern("idempotent"));
    assert!(to.messages == 200 && to.out_of_budget > 0, "{to:?}");
    assert!(to.attempts <= 200 + 20 + 110, "{to:?}");
}

// ---- R6: a second copy before the first timed out, for reads only ----

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

// ---- R7 and R8: one key, one run, one answer ----

async fn r7_a_repeat_is_answered_as_the_first_was(way: Way) {
    let world = world(way, 1).await;
    let keyed = world.bus.idempotency_key("order 7 / é");
    let first = world.call_by(&keyed, "dedup", "").await;
    let again = world.call_by(&keyed, "dedup", "").await;
    assert_eq!(
        (first.end(), first.runs, first.receipt.is_replayed()),
        ((Outcome::Done, "ok".into()), 1, false)
    );
    assert_eq!((again.runs, again.receipt.is_replayed()), (0, true), "{way:?}");
    let reply = first.reply.unwrap();
    assert_eq!(reply["key"], "order 7 / é", "{way:?}");
    assert_eq!(again.reply.unwrap(), reply, "{way:?}");
    // R8.
    let other = world.call_by(&keyed, "dedup", "fail").await;
    assert_eq!((other.end(), other.runs), ((Outcome::NotDone, "conflict".into()), 0), "{way:?}");
    assert!(other.receipt.attempts() <= 1);
    // An error of the handler's own is an answer, too.
    let keyed = world.bus.idempotency_key("order 8");
    let first = world.call_by(&keyed, "dedup", "fail").await;
    let again = world.call_by(&keyed, "dedup", "fail").await;
    assert_eq!((first.end(), first.runs), ((Outcome::Done, "said-no".into()), 1), "{way:?}");
    assert_eq!((&again.reply, again.runs, again.receipt.is_replayed()), (&first.reply, 0, true), "{way:?}");
    // A handler that does not declare it runs again.
    for _ in 0..2 {
        assert_eq!(world.call_by(&keyed, "idempotent", "").await.runs, 1, "{way:?}");
    }
    assert_eq!(world.counts("dedup"), (5, 0, 2), "{way:?}");
}

#[tokio::test(start_paused = true)]
async fn r7_in_one_process() {
    r7_a_repeat_is_answered_as_the_first_was(Way::Local).await;
}

#[tokio::test(start_paused = true)]
async fn r7_over_a_wire() {
    r7_a_repeat_is_answered_as_the_first_was(Way::Wire).await;
}

#[tokio::test]
async fn r7_over_tcp() {
    r7_a_repeat_is_answered_as_the_first_was(Way::Tcp).await;
}

#[tokio::test]
async fn r7_over_http() {
    r7_a_repeat_is_answered_as_the_first_was(Way::Http).await;
}

/// An attempt that is given up does not end the run, and the next one waits for it.
#[tokio::test(start_paused = true)]
async fn r7_an_attempt_that_timed_out_and_the_next_one_are_one_run() {
    let world = world(Way::Wire, 1).await;
    let saw = world.call("dedup", "three seconds").await;
    assert_eq!((saw.end(), saw.runs, saw.receipt.attempts()), ((Outcome::Done, "ok".into()), 1, 2));
    assert!(saw.receipt.is_replayed());
    assert!(saw.took >= 3_000 * MS && saw.took <= 3_010 * MS, "{saw:?}");
    // Without dedup each attempt is a run of its own, and none has the time.
    let saw = world.call("idempotent", "three seconds").await;
    assert_eq!(saw.end(), (Outcome::Unknown, "deadline".into()));
    assert!(saw.runs > 1);
}

/// What is remembered is in the memory of one process, so a repeat goes to that one, and to another only if it is away.
#[tokio::test(start_paused = true)]
async fn r7_a_repeat_goes_to_who_may_remember() {
    for fault in [Fault::LoseReply, Fault::Break] {
        let world = world(Way::Wire, 3).await;
        for _ in 0..6 {
            world.wire.fault(fault, 1);
            let saw = world.call("dedup", "").await;
            assert_eq!((saw.end(), saw.runs, saw.receipt.attempts()), ((Outcome::Done, "ok".into()), 1, 2));
            assert!(saw.receipt.is_replayed(), "{fault:?}");
        }
        // Others do not care who answers.
        world.wire.fault(fault, 1);
        assert_eq!(world.call("idempotent", "").await.runs, 2, "{fault:?}");
    }
    let world = world(Way::Wire, 2).await;
    world.wire.fault(Fault::Break, 1);
    world.wire.fault(Fault::Away, 1);
    let saw = world.call("dedup", "").await;
    assert_eq!((saw.end(), saw.runs, saw.receipt.is_replayed()), ((Outcome::Done, "ok".into()), 2, false));
}

async fn r7_who_asks_while_it_runs_waits_within_its_budget(way: Way) {
    let world = world(way, 1).await;
    let keyed = world.bus.idempotency_key("order 7");
    let first = begin(&keyed, "dedup", "wait");
    world.seen.started.notified().await;
    let hasty = world.call_by(&keyed.timeout(40 * MS), "dedup", "wait").await;
    assert_ne!(hasty.end().0, Outcome::Done, "{way:?}");
    assert_eq!(hasty.runs, 0, "{way:?}");
    let before = world.counts("dedup").0;
    let patient = begin(&keyed, "dedup", "wait");
    while world.counts("dedup").0 <= before {
        tokio::task::yield_now().await;
    }
    world.seen.go_on.notify_one();
    let reply = first.await.unwrap().unwrap();
    assert_eq!(patient.await.unwrap().unwrap(), reply, "{way:?}");
    assert_eq!(world.seen.runs(), 1, "{way:?}");
}

#[tokio::test(start_paused = true)]
async fn r7_waiting_in_one_process() {
    r7_who_asks_while_it_runs_waits_within_its_budget(Way::Local).await;
}

#[tokio::test]
async fn r7_waiting_over_tcp() {
    r7_who_asks_while_it_runs_waits_within_its_budget(Way::Tcp).await;
}

#[tokio::test]
async fn r7_waiting_over_http() {
    r7_who_asks_while_it_runs_waits_within_its_budget(Way::Http).await;
}

// ---- R10: the caller dies ----

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

// ---- R11: what is sent ----

async fn r11_what_is_sent_is_taken_in_and_not_stored(way: Way) {
    let world = world(way, 1).await;
    // The type says that it is not durable.
    let _: Sent = world.bus.send(message("undeclared", "wait")).await.unwrap();
    world.seen.started.notified().await;
    world.seen.go_on.notify_one();
    world.at_rest().await;
    // A repeat under its key is taken in, too, and does not run.
    let keyed = world.bus.idempotency_key("order 7");
    for _ in 0..2 {
        keyed.send(message("dedup", "")).await.unwrap();
    }
    world.at_rest().await;
    assert_eq!((world.seen.runs(), world.counts("dedup")), (2, (2, 0, 1)), "{way:?}");
    let error = world.bus.send(message("no-such", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "no-handler"), "{way:?}");
}

#[tokio::test(start_paused = true)]
async fn r11_in_one_process() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Local).await;
}

#[tokio::test]
async fn r11_over_tcp() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Tcp).await;
}

#[tokio::test]
async fn r11_over_http() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Http).await;
}

#[tokio::test(start_paused = true)]
async fn r11_without_an_acknowledgement_nobody_says_that_it_was_sent() {
    let world = world(Way::Wire, 1).await;
    world.wire.fault(Fault::LoseReply, 1);
    let error = world.bus.send(message("undeclared", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, "deadline"));
    let receipt = Receipt::new();
    assert!(world.bus.receipt(&receipt).act(json!({"role":"do","kind":"read","how":""})).await.is_ok());
    assert_eq!((receipt.attempts(), receipt.is_replayed()), (1, false));
}
