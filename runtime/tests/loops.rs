//! Messages that go in circles over several processes are stopped, and what comes in is never sent on.
#![cfg(all(feature = "http", feature = "tcp"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Head, Link, Listener, Transport, Url, http::Http, tcp::Tcp};
use tokio::sync::Notify;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "ping", reply(u32), external)]
struct Ping {}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "pong", reply(u32), external)]
struct Pong {}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "to", way = "there", external)]
struct There {}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "to", way = "back", external)]
struct Back {}

#[derive(Default)]
struct Seen {
    runs: AtomicUsize,
    refused: Notify,
}

#[service(role = "ping")]
async fn ping(_: Ping, pong: Call<Pong>, seen: State<Seen>) -> Result<u32, matchbus::Error> {
    seen.runs.fetch_add(1, Ordering::SeqCst);
    Ok(pong.call(Pong {}).await?)
}

#[service(role = "pong")]
async fn pong(_: Pong, ping: Call<Ping>, seen: State<Seen>) -> Result<u32, matchbus::Error> {
    seen.runs.fetch_add(1, Ordering::SeqCst);
    Ok(ping.call(Ping {}).await?)
}

fn sent_on(result: matchbus::Result<matchbus::bus::Sent>, seen: &Seen) {
    seen.runs.fetch_add(1, Ordering::SeqCst);
    if let Err(error) = result {
        assert_eq!((error.code(), error.outcome()), ("loop", Outcome::NotDone));
        seen.refused.notify_one();
    }
}

#[service(role = "to", way = "there")]
async fn there(_: There, back: Emit<Back>, seen: State<Seen>) {
    sent_on(back.send(Back {}).await, &seen);
}

#[service(role = "to", way = "back")]
async fn back(_: Back, there: Emit<There>, seen: State<Seen>) {
    sent_on(there.send(There {}).await, &seen);
}

struct Two {
    a: Bus,
    b: Bus,
    seen: Arc<Seen>,
    at_b: Listener,
    _at_a: Listener,
}

/// Two processes in miniature that know each other, with half of the handlers each.
async fn two(scheme: &str) -> Two {
    let seen = Arc::new(Seen::default());
    let url: Url = format!("{scheme}://127.0.0.1:0").parse().unwrap();
    let start = |services: &[&'static [matchbus::registry::Info]]| {
        Bus::builder().services(services).shared_state(Arc::clone(&seen)).in_part().start().unwrap()
    };
    let (a, b) = (start(services![ping, there, ..]), start(services![pong, back, ..]));
    let at_a = a.listen(&url, &Exposed::All).await.unwrap();
    let at_b = b.listen(&url, &Exposed::All).await.unwrap();
    a.connect(at_b.url()).await.unwrap();
    b.connect(at_a.url()).await.unwrap();
    Two { a, b, seen, at_b, _at_a: at_a }
}

async fn calls_in_a_circle_are_stopped(scheme: &str) {
    let two = two(scheme).await;
    for (from, bus) in [("ping", &two.a), ("pong", &two.a), ("ping", &two.b)] {
        let before = two.seen.runs.load(Ordering::SeqCst);
        let error = match from {
            "ping" => bus.call(Ping {}).await.unwrap_err(),
            _ => bus.call(Pong {}).await.unwrap_err(),
        };
        let CallError::Bus(error) = error;
        // Handlers ran, so it is done; each of them but the last got the error of its call.
        assert_eq!((error.code(), error.outcome()), ("loop", Outcome::Done), "{error:?}");
        assert!(error.text().contains("circles: role:"), "{error}");
        assert!(error.text().contains("role:ping → role:pong → role:ping"), "{error}");
        assert!(error.text().len() < 1_000, "{error}");
        assert_eq!(two.seen.runs.load(Ordering::SeqCst) - before, 33, "the edge and 32 nested ones");
    }
}

async fn what_is_sent_in_a_circle_is_stopped(scheme: &str) {
    let two = two(scheme).await;
    two.a.send(There {}).await.unwrap();
    two.seen.refused.notified().await;
    two.a.settled().await;
    two.b.settled().await;
    assert_eq!(two.seen.runs.load(Ordering::SeqCst), 33);
}

/// What comes in at B is answered at B or not at all; that B's handlers call A is another matter.
async fn what_comes_in_is_never_sent_on(scheme: &str) {
    let two = two(scheme).await;
    let link: Arc<dyn Link> = match scheme {
        "tcp" => Tcp::new().connect(two.at_b.url()).unwrap(),
        _ => Http::new().connect(two.at_b.url()).unwrap(),
    };
    // B itself reaches ping at A: by its own call.
    assert_eq!(two.b.call(Ping {}).await.unwrap_err().code(), "loop");
    let before = two.seen.runs.load(Ordering::SeqCst);
    let error = link.call(br#"{"role":"ping"}"#, &Head::default()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("no-handler", Outcome::NotDone));
    let error = link.send(br#"{"role":"to","way":"there"}"#, &Head::default()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("no-handler", Outcome::NotDone));
    assert_eq!(two.seen.runs.load(Ordering::SeqCst), before);
    // A handler that calls onwards does so in its own name.
    assert_eq!(link.call(br#"{"role":"pong"}"#, &Head::default()).await.unwrap_err().code(), "loop");
    assert!(two.seen.runs.load(Ordering::SeqCst) > before);
}

macro_rules! over {
    ($($scheme:ident),+: $names:tt) => { $( over!(@ $scheme $names); )+ };
    (@ $scheme:ident [$($name:ident),+]) => {
        mod $scheme { $(
            #[tokio::test]
            async fn $name() {
                super::$name(stringify!($scheme)).await;
            }
        )+ }
    };
}

over!(tcp, http: [calls_in_a_circle_are_stopped, what_is_sent_in_a_circle_is_stopped, what_comes_in_is_never_sent_on]);
