//! Repeats of a message in one process: one run, one answer (rules R7, R8 and R20).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::{ErrorReply, Receipt, services};
use serde_json::json;
use tokio::sync::Notify;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "pay", cmd = "charge", reply(Charged), error(ErrorReply), context(tier))]
struct Charge {
    cents: u32,
    how: String,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Charged {
    number: usize,
    cents: u32,
}

#[derive(Default)]
struct Seen {
    runs: AtomicUsize,
    ended: AtomicUsize,
    started: Notify,
    go_on: Notify,
    dropped: Notify,
}

/// Tells when the handler's future is gone.
struct Gone(State<Seen>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

#[service(role = "pay", cmd = "charge", effect(dedup))]
async fn charge(msg: Charge, seen: State<Seen>) -> Result<Charged, ErrorReply> {
    let _gone = Gone(State::clone(&seen));
    let number = seen.runs.fetch_add(1, Ordering::SeqCst) + 1;
    seen.started.notify_one();
    match msg.how.as_str() {
        "wait" => seen.go_on.notified().await,
        "hang" => std::future::pending().await,
        "panic" => panic!("no money"),
        "fail" => return Err(ErrorReply::new("no-money", format!("run {number}"))),
        "later" => {
            let mut error = ErrorReply::new("busy", format!("run {number}"));
            error.retryable = true;
            return Err(error);
        }
        _ => {}
    }
    seen.ended.fetch_add(1, Ordering::SeqCst);
    Ok(Charged { number, cents: msg.cents })
}

#[service(role = "pay", cmd = "charge", tier = "gold")]
async fn charge_gold(
    msg: Charge,
    prior: Prior<Charge>,
    seen: State<Seen>,
) -> Result<Charged, CallError<ErrorReply>> {
    seen.go_on.notify_one();
    if msg.how == "twice" {
        prior.call(Charge { cents: 1, ..msg.clone() }).await?;
    }
    prior.call(msg).await
}

#[service(role = "short", effect(dedup("1m")))]
fn short(_: Value, seen: State<Seen>) -> Value {
    (seen.runs.fetch_add(1, Ordering::SeqCst) + 1).into()
}

#[service(role = "narrow", effect(dedup), concurrency(1))]
async fn narrow(msg: Value, seen: State<Seen>) -> Value {
    let run = seen.runs.fetch_add(1, Ordering::SeqCst) + 1;
    if msg["how"] == "wait" {
        seen.started.notify_one();
        seen.go_on.notified().await;
    }
    run.into()
}

#[observer(role = "pay", event = "charged", effect(dedup))]
fn heard(_: Value, seen: State<Seen>) {
    seen.runs.fetch_add(1, Ordering::SeqCst);
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "pay", event = "charged")]
struct Happened {
    n: u32,
}

fn start(change: impl FnOnce(matchbus::bus::Builder) -> matchbus::bus::Builder) -> (Bus, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let builder = Bus::builder()
        .services(services![charge, charge_gold, short, narrow, heard])
        .shared_state(Arc::clone(&seen));
    (change(builder).start().unwrap(), seen)
}

fn bus() -> (Bus, Arc<Seen>) {
    start(|builder| builder)
}

fn cents(cents: u32) -> Charge {
    Charge { cents, how: String::new() }
}

fn how(how: &str) -> Charge {
    Charge { cents: 5, how: how.into() }
}

fn runs(seen: &Seen) -> usize {
    seen.runs.load(Ordering::SeqCst)
}

const CHARGE: &str = "cmd:charge,role:pay";

#[tokio::test]
async fn a_repeat_is_answered_byte_for_byte_and_marked() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    let (one, two) = (Receipt::new(), Receipt::new());
    let message = br#"{"role":"pay","cmd":"charge","cents":5,"how":""}"#;
    let first = keyed.receipt(&one).act_bytes(message).await.unwrap();
    // The order of keys and white space are no part of what a message says.
    let again = br#" {"how":"", "cents":5, "cmd":"charge","role":"pay"}"#;
    let second = keyed.receipt(&two).act_bytes(again).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(keyed.call(cents(5)).await.unwrap(), Charged { number: 1, cents: 5 }, "typed, too");
    assert_eq!((one.is_replayed(), two.is_replayed(), runs(&seen)), (false, true, 1));
    let counts = bus.flows().of(CHARGE);
    assert_eq!((counts.started, counts.replied, counts.replayed), (3, 3, 2));
    let table = bus.flows().to_string();
    assert!(table.lines().next().unwrap().ends_with("replayed"), "{table}");
}

#[tokio::test]
async fn without_a_key_a_message_is_no_repeat() {
    let (bus, seen) = bus();
    bus.call(cents(5)).await.unwrap();
    bus.call(cents(5)).await.unwrap();
    bus.idempotency_key("a").call(cents(5)).await.unwrap();
    bus.idempotency_key("b").call(cents(5)).await.unwrap();
    assert_eq!(runs(&seen), 4);
    assert_eq!(bus.flows().of(CHARGE).replayed, 0);
}

#[tokio::test]
async fn another_message_under_the_key_is_a_conflict_and_does_not_run() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    keyed.call(cents(5)).await.unwrap();
    for other in [keyed.call(cents(6)).await, keyed.context("tenant", "acme").call(cents(5)).await] {
        let Err(CallError::Bus(error)) = other else { panic!("{other:?}") };
        assert!(error.is_conflict() && !error.is_retryable(), "{error:?}");
        assert_eq!((error.outcome(), error.to_reply().status), (Outcome::NotDone, 409));
        assert!(error.to_string().contains("`order 7`"), "{error}");
    }
    assert_eq!(runs(&seen), 1);
    assert_eq!(bus.flows().of(CHARGE).not_done, 2);
    // The keys of one handler are not those of another.
    assert_eq!(keyed.act(json!({"role":"short"})).await, Ok(json!(2)));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_waits_for_the_run_of_the_first() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    let call = |bus: Bus| tokio::spawn(async move { bus.call(how("wait")).await });
    let first = call(keyed.clone());
    seen.started.notified().await;
    let (receipt, second) = (Receipt::new(), call(keyed.clone()));
    let third = call(keyed.receipt(&receipt));
    while bus.flows().of(CHARGE).started < 3 {
        tokio::task::yield_now().await;
    }
    // One that has no time to wait is told that nothing was done by it.
    let error = keyed.timeout(Duration::from_millis(100)).call(how("wait")).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("in-progress", Outcome::NotDone));
    assert!(error.is_retryable() && error.bus().unwrap().is_in_progress());
    seen.go_on.notify_one();
    let reply = first.await.unwrap().unwrap();
    assert_eq!(second.await.unwrap().unwrap(), reply);
    assert_eq!(third.await.unwrap().unwrap(), reply);
    assert!(receipt.is_replayed());
    assert_eq!(runs(&seen), 1);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_a_run_that_the_repeat_finds() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    let first = tokio::spawn({
        let keyed = keyed.clone();
        async move { keyed.call(how("wait")).await }
    });
    seen.started.notified().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let second = tokio::spawn(async move { keyed.call(how("wait")).await });
    while bus.flows().of(CHARGE).started < 2 {
        tokio::task::yield_now().await;
    }
    seen.go_on.notify_one();
    assert_eq!(second.await.unwrap().unwrap(), Charged { number: 1, cents: 5 });
    assert_eq!((runs(&seen), seen.ended.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(bus.flows().of(CHARGE).unknown, 1, "the first caller does not know");
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_waits_for_a_run_without_a_caller() {
    let (bus, seen) = bus();
    let first = tokio::spawn({
        let keyed = bus.idempotency_key("order 7");
        async move { keyed.call(how("wait")).await }
    });
    seen.started.notified().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let down = tokio::spawn({
        let bus = bus.clone();
        async move { bus.shutdown().await }
    });
    while bus.is_ready() {
        tokio::task::yield_now().await;
    }
    seen.go_on.notify_one();
    assert_eq!(down.await.unwrap(), 0);
    assert_eq!(seen.ended.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn errors_are_remembered_if_the_handler_ended_with_them() {
    let (bus, seen) = bus();
    for (how_it_ends, runs_after) in [("fail", 1), ("panic", 1), ("later", 2), ("hang", 2)] {
        let before = runs(&seen);
        let keyed = bus.timeout(Duration::from_millis(50)).idempotency_key(how_it_ends);
        let first = keyed.call(how(how_it_ends)).await.unwrap_err();
        let second = keyed.call(how(how_it_ends)).await.unwrap_err();
        assert_eq!(runs(&seen) - before, runs_after, "{how_it_ends}");
        if runs_after == 1 {
            assert_eq!(first, second);
        }
    }
    assert_eq!(bus.flows().of(CHARGE).replayed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_hangs_ends_at_its_deadline_also_without_a_caller() {
    let (bus, seen) = bus();
    let first = tokio::spawn({
        let keyed = bus.idempotency_key("order 7");
        async move { keyed.call(how("hang")).await }
    });
    seen.started.notified().await;
    first.abort();
    let began = tokio::time::Instant::now();
    seen.dropped.notified().await;
    assert!(began.elapsed() <= Duration::from_millis(5_001), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_before_it_ran_is_not_remembered() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    let bad = json!({"role":"pay","cmd":"charge","cents":"five"});
    assert_eq!(keyed.act(bad).await.unwrap_err().code(), "invalid-message");
    assert_eq!(keyed.call(cents(5)).await.unwrap().number, 1);
    assert_eq!(runs(&seen), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_remembered_for_its_window() {
    let (bus, seen) = start(|builder| builder.dedup_window(Duration::from_mins(3)));
    let keyed = bus.idempotency_key("order 7");
    for (message, window) in [(json!({"role":"short"}), 60), (json!({"role":"narrow"}), 180)] {
        let first = keyed.act(message.clone()).await;
        tokio::time::advance(Duration::from_millis(window * 1_000 - 1)).await;
        assert_eq!(keyed.act(message.clone()).await, first);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_ne!(keyed.act(message).await, first);
    }
    assert_eq!(runs(&seen), 4);
}

#[tokio::test(start_paused = true)]
async fn when_there_is_no_room_new_keys_are_refused_and_old_ones_kept() {
    let (bus, seen) = start(|builder| builder.dedup_memory(2, 1 << 20));
    let short = |key: &str| {
        let bus = bus.idempotency_key(key);
        async move { bus.act(json!({"role":"short"})).await }
    };
    assert_eq!((short("a").await, short("b").await), (Ok(json!(1)), Ok(json!(2))));
    let CallError::Bus(error) = short("c").await.unwrap_err() else { panic!() };
    assert!(error.is_overloaded() && error.is_retryable(), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotDone);
    assert!(error.to_string().contains("dedup_memory"), "{error}");
    assert_eq!((short("a").await, short("b").await), (Ok(json!(1)), Ok(json!(2))));
    assert_eq!(bus.act(json!({"role":"short"})).await, Ok(json!(3)), "no key, no room needed");
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(short("c").await, Ok(json!(4)));
    assert_eq!(runs(&seen), 4);
}

#[tokio::test]
async fn bytes_are_bounded_too() {
    let (bus, _) = start(|builder| builder.dedup_memory(1_000, 1_000));
    let mut taken = 0;
    let refused = loop {
        match bus.idempotency_key(format!("{taken}")).act(json!({"role":"short"})).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), "overloaded");
    assert!((2..10).contains(&taken), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn the_concurrency_limit_stands_outside() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    let wait = json!({"role":"narrow","how":"wait"});
    let first = tokio::spawn({
        let (keyed, wait) = (keyed.clone(), wait.clone());
        async move { keyed.act(wait).await }
    });
    seen.started.notified().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    // Nobody waits for the run any more, but it still has the only place.
    let other = bus.timeout(Duration::from_millis(50)).act(json!({"role":"narrow"})).await.unwrap_err();
    assert_eq!((other.code().as_str(), other.outcome()), ("deadline", Outcome::NotDone));
    seen.go_on.notify_one();
    assert_eq!(keyed.act(wait).await, Ok(json!(1)));
    assert_eq!(bus.act(json!({"role":"narrow"})).await, Ok(json!(2)));
}

#[tokio::test]
async fn what_is_handed_on_keeps_its_key() {
    let (bus, seen) = bus();
    let gold = bus.extend("tier", "gold").idempotency_key("order 7");
    let first = gold.call(cents(5)).await.unwrap();
    assert_eq!(gold.call(cents(5)).await.unwrap(), first);
    assert_eq!(runs(&seen), 1);
    assert_eq!(bus.flows().of("cmd:charge,role:pay,tier:gold").started, 2);
    // One that hands on several messages repeats each of them.
    let gold = gold.idempotency_key("order 8");
    let first = gold.call(how("twice")).await.unwrap();
    assert_eq!(gold.call(how("twice")).await.unwrap(), first);
    assert_eq!(runs(&seen), 3);
}

#[tokio::test]
async fn sent_and_published_messages_run_once_too() {
    let (bus, seen) = bus();
    let keyed = bus.idempotency_key("order 7");
    for _ in 0..3 {
        keyed.send(cents(5)).await.unwrap();
        keyed.publish(Happened { n: 1 }).await.unwrap();
    }
    bus.settled().await;
    assert_eq!(runs(&seen), 2);
    assert_eq!(bus.flows().of(CHARGE).replayed, 2);
    assert_eq!(bus.flows().of("event:charged,role:pay").replayed, 2);
}

#[tokio::test]
async fn a_thousand_repeats_at_once_run_once() {
    let (bus, seen) = bus();
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let keyed = bus.idempotency_key("order 7");
            tokio::spawn(async move { keyed.call(cents(5)).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().number, 1);
    }
    assert_eq!(runs(&seen), 1);
}
