//! R5: attempts, their time-outs, the retry budget.

use matchbus::prelude::*;

use super::MS;
use crate::wire::Fault;
use crate::world::{Way, begin, message, pattern, world};

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
