//! One bus and another: what nobody here answers is answered there.
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
#[message(role = "price", cmd = "get", reply(u32), error(NoSuch))]
struct GetPrice {
    sku: String,
}

#[derive(AppError, Serialize, Deserialize, Debug, PartialEq)]
#[app_error(code("no-such"), status(404))]
struct NoSuch {
    sku: String,
}

impl std::fmt::Display for NoSuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {}", self.sku)
    }
}

impl std::error::Error for NoSuch {}

#[derive(Default)]
struct Seen {
    calls: AtomicUsize,
    dropped: AtomicUsize,
    started: Notify,
    ended: Notify,
}

struct Running(State<Seen>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
        self.0.ended.notify_one();
    }
}

#[service(role = "price", cmd = "get", effect(read))]
async fn get_price(msg: GetPrice, seen: State<Seen>, meta: Meta) -> Result<u32, NoSuch> {
    seen.calls.fetch_add(1, Ordering::SeqCst);
    match msg.sku.as_str() {
        "none" => Err(NoSuch { sku: msg.sku }),
        "hang" => {
            let running = Running(seen);
            running.0.started.notify_one();
            std::future::pending().await
        }
        "tenant" => Ok(meta.context("tenant").map_or(0, |tenant| u32::try_from(tenant.len()).unwrap())),
        "budget" => Ok(u32::try_from(meta.budget().unwrap().as_millis()).unwrap()),
        _ => Ok(7),
    }
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "cart", cmd = "total", reply(u32))]
struct Total {
    sku: String,
}

#[service(role = "cart", cmd = "total")]
async fn total(msg: Total, price: Call<GetPrice>) -> Result<u32, matchbus::Error> {
    Ok(price.call(GetPrice { sku: msg.sku }).await?)
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

mod stock {
    use super::*;

    #[observer(role = "shop", event = "sold")]
    pub(crate) async fn stock(_: Sold, seen: State<Seen>) {
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

async fn caller(listeners: &[&Listener]) -> Bus {
    let bus = Bus::builder().services(services![total, ..]).in_part().start().unwrap();
    for listener in listeners {
        bus.connect(listener.url()).await.unwrap();
    }
    bus
}

async fn a_call_goes_where_it_is_answered(scheme: &str) {
    let (_price, seen, at) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = caller(&[&at]).await;
    let get = |sku: &str| GetPrice { sku: sku.into() };
    assert_eq!(bus.call(get("tea")).await, Ok(7));
    assert_eq!(bus.call(Total { sku: "tea".into() }).await, Ok(7), "also from inside a handler");
    assert_eq!(bus.act(json!({"role":"price","cmd":"get","sku":"tea"})).await, Ok(json!(7)));
    assert_eq!(bus.call(get("none")).await, Err(CallError::App(NoSuch { sku: "none".into() })));
    assert_eq!(bus.context("tenant", "acme").call(get("tenant")).await, Ok(4));
    let left = bus.timeout(Duration::from_millis(900)).call(get("budget")).await.unwrap();
    assert!((1..=900).contains(&left), "{left}");
    assert_eq!(seen.calls.load(Ordering::SeqCst), 6);
    let error = bus.act(json!({"role":"price","cmd":"put"})).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "no-handler"));
}

async fn who_gives_up_here_is_heard_there(scheme: &str) {
    let (_price, seen, at) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = caller(&[&at]).await;
    let call = tokio::spawn({
        let bus = bus.clone();
        async move { bus.call(GetPrice { sku: "hang".into() }).await }
    });
    // Cancellation is told only to peers that are known to be matchbus: the catalogue has told that.
    seen.started.notified().await;
    call.abort();
    seen.ended.notified().await;
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 1);
}

async fn when_one_process_dies_the_caller_does_not_see_it(scheme: &str) {
    let (_one, _, at_one) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
    let (_two, seen_two, at_two) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = caller(&[&at_one, &at_two]).await;
    let get = || GetPrice { sku: "tea".into() };
    for _ in 0..10 {
        assert_eq!(bus.call(get()).await, Ok(7));
    }
    drop(at_one);
    for _ in 0..50 {
        assert_eq!(bus.call(get()).await, Ok(7));
    }
    assert!(seen_two.calls.load(Ordering::SeqCst) >= 50);
}

async fn every_group_gets_one_copy_wherever_it_is(scheme: &str) {
    let (_one, seen_one, at_one) =
        process(services![mail::mail, stock::stock], &format!("{scheme}://127.0.0.1:0")).await;
    let (_two, seen_two, at_two) = process(services![mail::mail], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = caller(&[&at_one, &at_two]).await;
    for n in 1..=6 {
        let published = bus.publish(Sold { n }).await.unwrap();
        assert_eq!(published.groups, 2);
    }
    // Six for stock, all at one; six for mail, at either.
    while seen_one.calls.load(Ordering::SeqCst) + seen_two.calls.load(Ordering::SeqCst) < 12 {
        tokio::select! {
            () = seen_one.ended.notified() => {}
            () = seen_two.ended.notified() => {}
        }
    }
    assert!(seen_one.calls.load(Ordering::SeqCst) >= 6);
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

async fn what_nobody_can_reach_is_not_done(scheme: &str) {
    let (_price, _, at) = process(services![get_price], &format!("{scheme}://127.0.0.1:0")).await;
    let bus = caller(&[&at]).await;
    drop(at);
    let error =
        bus.timeout(Duration::from_millis(500)).call(GetPrice { sku: "tea".into() }).await.unwrap_err();
    assert!(matches!(error.outcome(), Outcome::NotDone | Outcome::Unknown), "{error:?}");
    let url: Url = "gopher://somewhere".parse().unwrap();
    let error = bus.connect(&url).await.unwrap_err();
    assert!(
        error.to_string().contains("the schemes of this program are") && error.to_string().contains(scheme),
        "{error}"
    );
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

/// Runs each behaviour over each transport: the next transport only adds a line.
macro_rules! over {
    ($scheme:literal) => {
        over!($scheme, [
            a_call_goes_where_it_is_answered,
            who_gives_up_here_is_heard_there,
            when_one_process_dies_the_caller_does_not_see_it,
            every_group_gets_one_copy_wherever_it_is,
            a_more_special_handler_elsewhere_wins_over_one_here,
            an_equal_handler_here_wins_over_one_elsewhere,
            an_observer_by_route_gets_a_copy_of_its_own,
            what_nobody_can_reach_is_not_done,
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
