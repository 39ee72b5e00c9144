//! R10: the caller dies.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use tokio::sync::Notify;

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

struct Trap;

impl Drop for Trap {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "trap", reply(()))]
struct Fall {
    kind: String,
}

#[service(role = "trap", kind = "narrow", concurrency(1))]
async fn narrow_trap(_: Fall, started: State<Notify>) {
    let _trap = Trap;
    started.notify_one();
    pending::<()>().await;
}

#[service(role = "trap", kind = "open")]
async fn open_trap(_: Fall, started: State<Notify>) {
    let _trap = Trap;
    started.notify_one();
    pending::<()>().await;
}

/// A handler that panics as it is cancelled does so for itself: whoever drops the call goes on, also while it unwinds.
#[tokio::test(start_paused = true)]
async fn r13_a_panic_at_the_cancellation_comes_to_nobody() {
    for kind in ["narrow", "open"] {
        let started = Arc::new(Notify::new());
        let builder = Bus::builder().services(services![narrow_trap, open_trap]);
        let bus = builder.shared_state(Arc::clone(&started)).start().unwrap();
        let fall = || Fall { kind: kind.into() };
        let json = serde_json::json!({ "role": "trap", "kind": kind }).to_string();
        let counts = || bus.flows().of(&format!("kind:{kind},role:trap"));
        // A task that is cancelled; tokio would say that it panicked.
        let call = tokio::spawn({
            let (bus, json) = (bus.clone(), json.clone());
            async move { bus.act_bytes(json.as_bytes()).await }
        });
        started.notified().await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled(), "{kind}");
        assert_eq!((counts().failed, counts().unknown, counts().in_flight()), (1, 0, 0), "{kind}");
        // One that is dropped while a panic unwinds, where another panic would end the process.
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let mut call = pin!(bus.call(fall()));
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            panic!("the caller panics");
        }));
        assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"the caller panics"));
        assert_eq!((counts().failed, counts().unknown, counts().in_flight()), (2, 0, 0), "{kind}");
        // At its deadline the caller is there to be told.
        let error = bus.call(fall()).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), ("panic", Outcome::Done), "{kind}");
        // The worker of a queue lives.
        for n in 1..=3 {
            bus.send(fall()).await.unwrap();
            tokio::time::timeout(Duration::from_secs(9), bus.settled()).await.expect("the worker lives");
            assert_eq!(counts().failed, 3 + n, "{kind}");
        }
    }
}
