//! R7 and R8: one key, one run, one answer.

use matchbus::prelude::*;

use super::MS;
use crate::wire::Fault;
use crate::world::{Way, begin, world};

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
