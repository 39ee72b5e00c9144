//! When a process is ready that starts before those it needs, in virtual time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tower_service::Service;

use super::*;
use crate::handler::BoxFuture;
use crate::message::{CallError, ErrorReply};
use crate::prelude::*;
use crate::services;
use crate::transport::{Door, Head, Link, Transport, http};

const MS: Duration = Duration::from_millis(1);

#[service(role = "price")]
fn price(_: Value) -> Value {
    7.into()
}

#[service(role = "cart")]
async fn cart(_: Value, bus: Bus) -> Result<Value, CallError<ErrorReply>> {
    bus.act(serde_json::json!({"role": "price"})).await
}

/// Places of one test, where somebody is or is not.
#[derive(Clone, Debug, Default)]
struct Street(Arc<Mutex<BTreeMap<String, Place>>>);

#[derive(Clone, Debug)]
enum Place {
    /// Whoever is there says nothing.
    Deaf,
    /// A process.
    Open(Door),
    /// A process without a catalogue.
    Mute,
}

impl Street {
    fn set(&self, host: &str, place: Place) {
        self.0.lock().unwrap().insert(host.to_owned(), place);
    }
}

impl Transport for Street {
    fn schemes(&self) -> &'static [&'static str] {
        &["street"]
    }

    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>> {
        Ok(Arc::new(Way { street: self.clone(), to: url.host().to_owned() }))
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener>> {
        self.set(url.host(), Place::Open(door));
        Box::pin(async { Ok(Listener::new(url.clone()).0) })
    }
}

#[derive(Debug)]
struct Way {
    street: Street,
    to: String,
}

impl Way {
    fn place(&self) -> Option<Place> {
        self.street.0.lock().unwrap().get(&self.to).cloned()
    }
}

impl Link for Way {
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        let mut head = head.clone();
        head.receipt = None;
        Box::pin(async move {
            match self.place() {
                Some(Place::Open(door)) => door.call(message, head).await,
                _ => Err(Error::unreachable("nobody is there").into()),
            }
        })
    }

    fn send<'a>(&'a self, _: &'a [u8], _: &'a Head) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Err(Error::unreachable("nobody is there")) })
    }

    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>>> {
        Box::pin(async move {
            match self.place() {
                Some(Place::Open(door)) => Ok(Some(door.catalogue().into_bytes())),
                Some(Place::Mute) => Ok(None),
                Some(Place::Deaf) => std::future::pending().await,
                None => Err(Error::unreachable("nobody is there")),
            }
        })
    }
}

/// A process that asks for prices at these places, as `run` makes one.
struct Starting {
    street: Street,
    bus: Bus,
    page: http::HttpService,
    joining: JoinHandle<Vec<Listener>>,
    began: Instant,
}

impl Starting {
    async fn with(peers: &[&str], street: &Street) -> Self {
        let network = Network {
            bus: peers.iter().map(|host| format!("street://{host}").parse().unwrap()).collect(),
            listen: vec!["street://cart".parse().unwrap()],
            ..Network::default()
        };
        let builder = Bus::builder().services(services![cart]).transport(street.clone());
        let bus = network.prepare(builder).unwrap().start().unwrap();
        let page = http::service(&bus, &Exposed::All);
        let (began, joined) = (Instant::now(), bus.clone());
        let joining = tokio::spawn(async move { network.join(&joined).await.unwrap() });
        // It listens.
        while street.0.lock().unwrap().get("cart").is_none() {
            tokio::task::yield_now().await;
        }
        Starting { street: street.clone(), bus, page, joining, began }
    }

    /// What `GET /ready` says.
    async fn ready(&mut self) -> (u16, String) {
        let request = hyper::Request::get("/ready").body(Full::new(Bytes::new())).unwrap();
        let answer = self.page.call(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// How long until it was ready: the time at which `join` ended, when it must be.
    async fn joined(mut self) -> Duration {
        (&mut self.joining).await.unwrap();
        let took = self.began.elapsed();
        assert_eq!(self.ready().await, (200, r#"{"status":"ready"}"#.into()));
        assert!(self.bus.is_ready());
        took
    }
}

fn prices(street: &Street) -> Bus {
    Bus::builder().services(services![price]).transport(street.clone()).start().unwrap()
}

async fn open(street: &Street, host: &str) -> Bus {
    let bus = prices(street);
    bus.listen(&format!("street://{host}").parse().unwrap(), &Exposed::All).await.unwrap();
    bus
}

const NOT_READY: (u16, &str) = (503, r#"{"status":"not ready"}"#);

fn is_not_ready((status, text): &(u16, String)) -> bool {
    (*status, text.as_str()) == NOT_READY
}

#[tokio::test(start_paused = true)]
async fn who_has_heard_of_all_its_peers_is_ready_at_once() {
    let street = Street::default();
    let _one = open(&street, "one").await;
    street.set("two", Place::Mute);
    let starting = Starting::with(&["one", "two"], &street).await;
    assert!(starting.joined().await < MS);
}

/// It answers messages and says what it answers, so that those who wait for it can go on.
#[tokio::test(start_paused = true)]
async fn who_starts_before_its_peers_is_ready_when_the_last_of_them_is_there() {
    let street = Street::default();
    let mut starting = Starting::with(&["one", "two"], &street).await;
    sleep(500 * MS).await;
    assert!(is_not_ready(&starting.ready().await), "nobody is there");
    let _one = open(&street, "one").await;
    sleep(500 * MS).await;
    assert!(is_not_ready(&starting.ready().await), "the second is missing");
    let caller = Bus::builder().transport(street.clone()).start().unwrap();
    caller.connect(&"street://cart".parse().unwrap()).await.unwrap();
    assert_eq!(caller.act(serde_json::json!({"role": "cart"})).await.unwrap(), 7);
    let _two = open(&street, "two").await;
    let took = starting.joined().await;
    assert!(took >= 1_000 * MS && took < 1_200 * MS, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_come_or_says_nothing_has_two_seconds() {
    for place in [None, Some(Place::Deaf)] {
        let street = Street::default();
        let _one = open(&street, "one").await;
        if let Some(place) = &place {
            street.set("two", place.clone());
        }
        let mut starting = Starting::with(&["one", "two"], &street).await;
        sleep(1_900 * MS).await;
        assert!(is_not_ready(&starting.ready().await), "{place:?}");
        let bus = starting.bus.clone();
        let took = starting.joined().await;
        assert!(took >= 2_000 * MS && took < 2_010 * MS, "{took:?}");
        let silent: Vec<String> = bus.core().silent().iter().map(|(url, _)| url.to_string()).collect();
        assert_eq!(silent, ["street://two"]);
    }
}

/// What comes before a peer is there waits for it, and is not refused.
#[tokio::test(start_paused = true)]
async fn a_message_that_needs_a_peer_waits_for_its_start() {
    let street = Street::default();
    let starting = Starting::with(&["one"], &street).await;
    let caller = Bus::builder().transport(street.clone()).start().unwrap();
    caller.connect(&"street://cart".parse().unwrap()).await.unwrap();
    let (asking, began) = (caller.clone(), Instant::now());
    let asking = tokio::spawn(async move { asking.act(serde_json::json!({"role": "cart"})).await });
    sleep(1_500 * MS).await;
    assert!(!asking.is_finished());
    let _one = open(&starting.street, "one").await;
    assert_eq!(asking.await.unwrap().unwrap(), 7);
    assert!(began.elapsed() < 1_700 * MS, "{:?}", began.elapsed());
    assert!(starting.joined().await < 1_700 * MS);
}
