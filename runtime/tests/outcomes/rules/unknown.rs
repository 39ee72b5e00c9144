//! R2: what may have run is tried again only where that does no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::prelude::*;
use matchbus::transport::{Exposed, Url};

use super::{MS, REMOTE};
use crate::wire::Fault;
use crate::world::{EFFECTS, Way, message, pattern, world};

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

/// Who would get the repeat has a say, too: here a process that says nothing of effects, and is known only since the first
/// attempt.
#[tokio::test(start_paused = true)]
async fn r2_unknown_is_tried_again_only_where_who_answers_now_allows_it() {
    let elsewhere = Arc::new(AtomicUsize::new(0));
    for sends in [false, true] {
        let world = world(Way::Wire, 1).await;
        world.wire.fault(Fault::BreakLater(1_000 * MS), 1);
        let bus = world.bus.clone();
        let first = tokio::spawn(async move {
            let message = message("idempotent", "");
            if sends {
                bus.send(message).await.map(drop).map_err(Into::into)
            } else {
                bus.call(message).await.map(drop)
            }
        });
        world.seen.started.notified().await;
        let ran = Arc::clone(&elsewhere);
        let undeclared = Bus::builder().transport(world.wire.clone()).handle_json(
            pattern("idempotent").parse().unwrap(),
            move |_: Value| {
                ran.fetch_add(1, Ordering::SeqCst);
                async { Value::Null }
            },
        );
        let undeclared = undeclared.start().unwrap();
        let url: Url = "wire://other".parse().unwrap();
        let _listener = undeclared.listen(&url, &Exposed::All).await.unwrap();
        // A pin says nothing of effects.
        let pinned = format!("{url}?pin={}", pattern("idempotent")).parse().unwrap();
        world.bus.connect(&pinned).await.unwrap();
        let error = first.await.unwrap().unwrap_err();
        undeclared.settled().await;
        assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, "connection-lost".into()), "{error}");
        assert_eq!((world.seen.runs(), elsewhere.load(Ordering::SeqCst)), (1, 0), "sends: {sends}");
    }
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
