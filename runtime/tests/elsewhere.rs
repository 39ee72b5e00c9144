//! One bus and another: who wins where several answer. How messages travel is tested by `conformance/`.
#![cfg(all(feature = "http", feature = "tcp"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Listener, Url};
use serde_json::json;
use tokio::sync::Notify;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "price", cmd = "get", reply(u32))]
struct GetPrice {
    sku: String,
}

#[derive(Default)]
struct Seen {
    calls: AtomicUsize,
    ended: Notify,
}

#[service(role = "price", cmd = "get", effect(read))]
fn get_price(_: GetPrice, seen: State<Seen>) -> u32 {
    seen.calls.fetch_add(1, Ordering::SeqCst);
    7
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "shop", event = "sold")]
struct Sold {
    n: u32,
}

mod mail {
    use super::*;

    #[observer(role = "shop", event = "sold")]
    pub(crate) async fn mail(_: Sold, seen: State<Seen>) {
        seen.calls.fetch_add(1, Ordering::SeqCst);
        seen.ended.notify_one();
    }
}

/// A process in miniature: a bus that listens.
async fn process(services: &[&'static [matchbus::registry::Info]], at: &str) -> (Bus, Arc<Seen>, Listener) {
    let seen = Arc::new(Seen::default());
    let bus = Bus::builder().services(services).shared_state(Arc::clone(&seen)).start().unwrap();
    let listener = bus.listen(&at.parse::<Url>().unwrap(), &Exposed::All).await.unwrap();
    (bus, seen, listener)
}

#[tokio::test]
async fn a_bus_knows_its_peers_from_its_builder() {
    for scheme in ["http", "tcp"] {
        let (_bus, seen, listener) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
        let caller = Bus::builder().connect(listener.url().clone()).start().unwrap();
        assert_eq!(caller.call(GetPrice { sku: "tea".into() }).await.unwrap(), 7);
        assert_eq!(seen.calls.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_peer_of_the_builder_that_cannot_be_one_is_a_problem_of_the_start() {
    let problem = |url: &str| {
        let error = Bus::builder().connect(url.parse().unwrap()).start().unwrap_err();
        (error.problems()[0].code(), error.to_string())
    };
    let (code, text) = problem("http://127.0.0.1:1");
    assert_eq!(code, "peer");
    assert!(
        text.contains("http://127.0.0.1:1") && text.contains("call `start` in an async function"),
        "{text}"
    );
    let _runtime = tokio::runtime::Runtime::new().unwrap().enter();
    let (code, text) = problem("pigeon://post");
    assert_eq!(code, "peer");
    assert!(text.contains("pigeon://post") && text.contains("http"), "{text}");
}

#[tokio::test]
async fn a_default_stands_in_for_a_process_that_has_gone() {
    for scheme in ["http", "tcp"] {
        let (bus, _seen, listener) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
        let caller = caller(&[&listener]).await.timeout(Duration::from_millis(500));
        assert_eq!(caller.call_or(GetPrice { sku: "tea".into() }, 0).await, Ok(7));
        assert_eq!(bus.shutdown().await, 0);
        listener.ended().await;
        assert_eq!(caller.call_or(GetPrice { sku: "tea".into() }, 0).await, Ok(0));
    }
}

async fn caller(listeners: &[&Listener]) -> Bus {
    let bus = Bus::builder().services(services![]).start().unwrap();
    for listener in listeners {
        bus.connect(listener.url()).await.unwrap();
    }
    bus
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(store = "save", reply(String), context(cache))]
struct Save {
    text: String,
}

/// Stands before the store by its pattern only: the same message with one more key goes on to the store.
#[service(store = "save")]
async fn cache(msg: Save, store: Call<Save>) -> Result<String, CallError<matchbus::NoError>> {
    Ok(format!("cached {}", store.extend("cache", true).call(msg).await?))
}

#[service(store = "save", cache = true)]
fn store(msg: Save) -> String {
    format!("stored {}", msg.text)
}

/// More keys win wherever they are (M3), and what comes from outside stays here.
async fn a_more_special_handler_elsewhere_wins_over_one_here(scheme: &str) {
    let (_store, _, at) = process(services![store], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = Bus::with(services![cache]).unwrap();
    bus.connect(at.url()).await.unwrap();
    assert_eq!(bus.call(Save { text: "a".into() }).await.unwrap(), "cached stored a");
    let act = json!({"store": "save", "text": "a", "cache": true});
    assert_eq!(bus.act(act.clone()).await.unwrap(), "stored a");
    bus.extend("cache", true).send(Save { text: "b".into() }).await.unwrap();
    let in_between =
        bus.listen(&format!("{scheme}://127.0.0.1:0").parse().unwrap(), &Exposed::All).await.unwrap();
    let outside = caller(&[&in_between]).await;
    assert_eq!(outside.act(act).await.unwrap(), "cached stored a");
    // Who is more special and away is not stood in for by who is less.
    let place = at.url().authority(0);
    drop(at);
    let error = bus.timeout(Duration::from_millis(500)).call(Save { text: "a".into() }).await.unwrap_err();
    assert!(error.to_string().contains(&place), "{error}");
}

/// Of two processes with one pattern, and one of them is this one, this one answers.
async fn an_equal_handler_here_wins_over_one_elsewhere(scheme: &str) {
    let (_price, seen, at) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = Bus::builder().services(services![get_price]).state(Seen::default()).start().unwrap();
    bus.connect(at.url()).await.unwrap();
    assert_eq!(bus.call(GetPrice { sku: "tea".into() }).await, Ok(7));
    assert_eq!(seen.calls.load(Ordering::SeqCst), 0);
}

/// A route `?observe=…` gives a process a copy of its own, beside the group that shares.
async fn an_observer_by_route_gets_a_copy_of_its_own(scheme: &str) {
    let (_one, seen_one, at_one) = process(services![mail::mail], &format!("{scheme}://127.0.0.1:0")).await;
    let (_two, seen_two, at_two) = process(services![mail::mail], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = caller(&[&at_one]).await;
    bus.connect(&format!("{}?observe=event:sold", at_two.url()).parse().unwrap()).await.unwrap();
    for n in 1..=3 {
        assert_eq!(bus.publish(Sold { n }).await.unwrap().groups, 2);
    }
    for seen in [seen_one, seen_two] {
        while seen.calls.load(Ordering::SeqCst) < 3 {
            seen.ended.notified().await;
        }
    }
}

/// The patterns of a Seneca are text: to it `1` equals `"1"` (rule M4).
#[tokio::test]
async fn a_seneca_s_values_compare_as_text() {
    #[service(role = "math", base = 2)]
    fn binary(_: serde_json::Value) -> serde_json::Value {
        json!({"base": 2})
    }
    let server = Bus::builder().services(services![binary]).start().unwrap();
    for (scheme, answered) in [("seneca+tcp", true), ("seneca+http", true), ("tcp", false), ("http", false)] {
        let at = format!("{scheme}://127.0.0.1:0").parse().unwrap();
        let pins = Exposed::Pins(vec!["role:math".parse().unwrap()]);
        for exposed in [Exposed::All, pins] {
            let listener = server.listen(&at, &exposed).await.unwrap();
            let bus = Bus::builder().start().unwrap();
            bus.connect(&format!("{}?pin=role:math", listener.url()).parse().unwrap()).await.unwrap();
            let reply = bus.act(json!({"role": "math", "base": "2"})).await;
            assert_eq!(reply.is_ok(), answered, "{scheme}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_scheme_that_no_transport_has_is_refused_with_those_there_are() {
    let bus = Bus::builder().start().unwrap();
    let url = "gopher://somewhere".parse().unwrap();
    let errors = [bus.connect(&url).await.unwrap_err(), bus.listen(&url, &Exposed::All).await.unwrap_err()];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains("the schemes of this program are"), "{text}");
        assert!(text.contains("http") && text.contains("tcp"), "{text}");
    }
}

/// A Seneca has no catalogue: nobody waits for one, and the error says what to do.
#[tokio::test]
async fn who_has_no_catalogue_is_not_waited_for() {
    let server = Bus::builder().services(services![get_price]).state(Seen::default()).start().unwrap();
    let at = server.listen(&"seneca+tcp://127.0.0.1:0".parse().unwrap(), &Exposed::All).await.unwrap();
    let bus = Bus::builder().start().unwrap();
    bus.connect(at.url()).await.unwrap();
    let error = bus.timeout(Duration::from_mins(10)).act(json!({"role": "price"})).await.unwrap_err();
    assert!(error.to_string().contains("it has no catalogue; say what it answers with `?pin=…`"), "{error}");
}

#[service(echo = "*")]
fn echo(msg: Value) -> Value {
    msg
}

/// A listener's own pins narrow what is exposed, and never widen it.
#[tokio::test]
async fn a_listener_s_pins_are_what_it_exposes() {
    let server = Bus::builder().services(services![get_price, echo]).state(Seen::default()).start().unwrap();
    let price: Exposed = Exposed::Pins(vec!["role:price".parse().unwrap()]);
    for scheme in ["tcp", "http"] {
        for (pins, exposed, price, echo) in [
            ("?pin=role:price", Exposed::All, true, false),
            ("?pin=role:price&pin=echo:*", price.clone(), true, false),
            ("", price.clone(), true, false),
        ] {
            let at = format!("{scheme}://127.0.0.1:0{pins}").parse().unwrap();
            let listener = server.listen(&at, &exposed).await.unwrap();
            let bus = Bus::builder().start().unwrap();
            bus.connect(&format!("{scheme}://{}", listener.url().authority(0)).parse().unwrap())
                .await
                .unwrap();
            let asked = bus.act(json!({"role": "price", "cmd": "get", "sku": "tea"})).await;
            assert_eq!(asked.is_ok(), price, "{scheme} {pins}: {asked:?}");
            let asked = bus.act(json!({"echo": 1})).await;
            assert_eq!(asked.is_ok(), echo, "{scheme} {pins}: {asked:?}");
        }
        for (options, text) in [
            ("pin=garbage", "the pin `garbage` of an address is no pattern"),
            ("pin=role:nosuch", "would expose nothing"),
            ("observe=role:price", "an address of another process"),
        ] {
            let at = format!("{scheme}://127.0.0.1:0?{options}").parse().unwrap();
            let error = server.listen(&at, &Exposed::All).await.unwrap_err();
            assert!(error.to_string().contains(text), "{scheme} {options}: {error}");
        }
    }
}

/// Runs each behaviour over each transport: the next transport only adds a line.
macro_rules! over {
    ($scheme:literal) => {
        over!($scheme, [
            a_more_special_handler_elsewhere_wins_over_one_here,
            an_equal_handler_here_wins_over_one_elsewhere,
            an_observer_by_route_gets_a_copy_of_its_own,
        ]);
    };
    ($scheme:literal, [$($name:ident,)+]) => { $(
        #[tokio::test]
        async fn $name() {
            super::$name($scheme).await;
        }
    )+ };
}

mod tcp {
    over!("tcp");
}

mod http {
    over!("http");
}
