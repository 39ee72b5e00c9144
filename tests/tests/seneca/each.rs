//! What is the same in each of Seneca's dialects, over HTTP and over TCP.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use matchbus::Id;
use matchbus::prelude::*;
use matchbus::transport::Head;
use matchbus_tests::node::left_out;
use serde_json::json;

use crate::ends::{Answering, Called, Dialect};

macro_rules! in_each_dialect {
    ($($test:ident,)+) => {
        mod a { $( #[tokio::test] async fn $test() { super::unless_left_out(super::$test(super::Dialect::A)).await; } )+ }
        mod b { $( #[tokio::test] async fn $test() { super::unless_left_out(super::$test(super::Dialect::B)).await; } )+ }
        mod c { $( #[tokio::test] async fn $test() { super::unless_left_out(super::$test(super::Dialect::C)).await; } )+ }
    };
}

in_each_dialect! {
    a_seneca_is_told_that_time_is_up,
    a_seneca_sends_and_does_not_wait,
    a_thousand_calls_of_a_seneca_are_in_flight,
    a_seneca_that_hangs_is_not_waited_for,
    a_seneca_s_errors_are_the_service_s_own,
    a_seneca_is_sent_messages,
    a_seneca_knows_a_repeated_message,
    a_thousand_calls_to_a_seneca_are_in_flight,
}

async fn unless_left_out(test: impl Future<Output = ()>) {
    if !left_out() {
        test.await;
    }
}

// ---- a Seneca calls ----

async fn a_seneca_is_told_that_time_is_up(dialect: Dialect) {
    let (called, mut seneca) = Called::by(dialect).await;
    let error = seneca.act(json!({"role": "hang"})).await;
    assert_eq!(error["error"]["code"], "action_timeout", "{error}");
    // Who says so is us, at 500 ms, and not the Seneca, at 4 s.
    let text = error["error"]["message"].as_str().unwrap();
    assert!(!text.contains("[TIMEOUT]"), "{text}");
    called.seen.dropped.notified().await;
    assert_eq!(seneca.act(json!({"role": "shape", "value": {}})).await, json!({"reply": {}}));
}

async fn a_seneca_sends_and_does_not_wait(dialect: Dialect) {
    let (called, mut seneca) = Called::by(dialect).await;
    for message in [json!({"role": "log"}), json!({"role": "nobody"}), json!({"role": "log"})] {
        seneca.say(&format!("!{message}")).await;
        assert_eq!(seneca.next().await, json!({"sent": true}));
    }
    called.seen.logged.subscribe().wait_for(|logged| *logged == 2).await.unwrap();
    assert_eq!(seneca.act(json!({"role": "shape", "value": {}})).await, json!({"reply": {}}));
    called.bus.settled().await;
    assert_eq!(called.bus.flows().of("role:log").replied, 2);
}

async fn a_thousand_calls_of_a_seneca_are_in_flight(dialect: Dialect) {
    let (called, mut seneca) = Called::by(dialect).await;
    // Node needs its time for so many connections.
    let message = |n| json!({"role": "count", "n": n, "timeout$": 20_000}).to_string();
    let lines: Vec<_> = (0..1_000).map(message).collect();
    seneca.say(&lines.join("\n")).await;
    let mut came = BTreeSet::new();
    for _ in 0..1_000 {
        let reply = seneca.next().await;
        came.insert(reply["reply"]["n"].as_u64().unwrap_or_else(|| panic!("{reply}")));
    }
    assert_eq!(came, (0..1_000).collect());
    assert_eq!(called.seen.counted.load(Ordering::SeqCst), 1_000);
}

// ---- a Seneca answers ----

async fn a_seneca_that_hangs_is_not_waited_for(dialect: Dialect) {
    let seneca = Answering::by(dialect).await;
    // Its own limit is 2 s, of which it tells us.
    let error = seneca.call(json!({"role": "hang"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
    assert!(error.to_string().contains("the Seneca server said"), "{error}");
    // Ours is sooner.
    let bus = Bus::builder().start().unwrap();
    bus.connect(&format!("{}?pin=role:hang", seneca.url).parse().unwrap()).await.unwrap();
    let bus = bus.timeout(Duration::from_millis(200));
    let error = bus.act(json!({"role": "hang"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
    assert!(!error.to_string().contains("the Seneca server said"), "{error}");
}

async fn a_seneca_s_errors_are_the_service_s_own(dialect: Dialect) {
    let seneca = Answering::by(dialect).await;
    // Only B keeps the code that an error was given; the others say that an action failed.
    let own = if dialect == Dialect::B { "E42" } else { "act_execute" };
    for (how, code, said) in [
        ("reply", own, "boom from handler"),
        ("throw", "act_execute", "thrown in handler"),
        ("seneca", "my_code", "my_code"),
    ] {
        let error = seneca.call(json!({"role": "fail", "how": how})).await.unwrap_err();
        let CallError::App(reply) = &error else { panic!("{error:?}") };
        assert_eq!(reply.code, code);
        assert!(reply.message.contains(said), "{reply:?}");
        let all = serde_json::to_string(reply).unwrap();
        assert!(!all.contains(".js") && !all.contains("stack"), "{all}");
    }
    let error = seneca.call(json!({"role": "nobody"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("no-handler", Outcome::Unknown));
}

async fn a_seneca_is_sent_messages(dialect: Dialect) {
    for scheme in dialect.schemes() {
        let seneca = Answering::at(dialect, scheme).await;
        for n in 0..3 {
            let message = json!({"role": "count", "cmd": "one", "n": n}).to_string();
            seneca.link.send(message.as_bytes(), &Head::default()).await.unwrap();
        }
        // One connection keeps its order, and over HTTP what was sent is answered.
        let all = seneca.call(json!({"role": "count", "cmd": "all"})).await.unwrap();
        assert_eq!(all, json!({"counted": 3}));
    }
}

async fn a_seneca_knows_a_repeated_message(dialect: Dialect) {
    let seneca = Answering::by(dialect).await;
    let mut head = Head::default();
    head.id = Some(Id::from_u128(77));
    for n in 0..3 {
        head.attempt = n;
        let reply = seneca.call_with(json!({"role": "count", "cmd": "one", "n": n}), &head).await.unwrap();
        assert_eq!(reply, json!({"counted": 1, "n": 0}));
    }
}

async fn a_thousand_calls_to_a_seneca_are_in_flight(dialect: Dialect) {
    let seneca = Arc::new(Answering::by(dialect).await);
    let calls: Vec<_> = (0..1_000)
        .map(|n| {
            let seneca = Arc::clone(&seneca);
            tokio::spawn(async move { seneca.call(json!({"role": "count", "cmd": "one", "n": n})).await })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap()["n"], n);
    }
}
