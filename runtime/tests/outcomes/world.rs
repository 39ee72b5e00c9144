//! A caller and those who answer, in one process or in several.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::bus::{self, Builder};
use matchbus::prelude::*;
use matchbus::transport::{Exposed, Listener, Url};
use matchbus::{ErrorReply, Receipt, services};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::wire::Wire;

/// What the handlers were seen to do, over all processes.
#[derive(Default)]
pub(crate) struct Seen {
    runs: AtomicUsize,
    pub(crate) started: Notify,
    pub(crate) go_on: Notify,
    /// A handler's future is gone before its end.
    pub(crate) cancelled: Notify,
}

impl Seen {
    pub(crate) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

struct Running(State<Seen>, bool);

impl Drop for Running {
    fn drop(&mut self) {
        if !self.1 {
            self.0.cancelled.notify_one();
        }
    }
}

/// What each handler does, as the message says.
async fn work(msg: Work, meta: &Meta, seen: State<Seen>) -> Result<Value, ErrorReply> {
    let run = seen.runs.fetch_add(1, Ordering::SeqCst) + 1;
    let mut running = Running(seen, false);
    running.0.started.notify_one();
    match msg.how.as_str() {
        "fail" => return Err(ErrorReply::new("said-no", "no")),
        "panic" => panic!("no"),
        "hang" => std::future::pending().await,
        "wait" => running.0.go_on.notified().await,
        "first hangs" if meta.attempt() == 0 => std::future::pending().await,
        "three seconds" => tokio::time::sleep(Duration::from_secs(3)).await,
        _ => {}
    }
    running.1 = true;
    let left = meta.budget().unwrap().as_millis();
    Ok(serde_json::json!({ "run": run, "key": meta.idempotency_key(), "left": u64::try_from(left).unwrap() }))
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "do", reply(Value), error(ErrorReply), external)]
pub(crate) struct Work {
    pub(crate) kind: String,
    pub(crate) how: String,
}

macro_rules! handler {
    ($name:ident, $kind:literal $(, $($option:tt)+)?) => {
        #[service(role = "do", kind = $kind $(, $($option)+)?)]
        async fn $name(msg: Work, meta: Meta, seen: State<Seen>) -> Result<Value, ErrorReply> {
            work(msg, &meta, seen).await
        }
    };
}

handler!(undeclared, "undeclared");
handler!(read, "read", effect(read));
handler!(idempotent, "idempotent", effect(idempotent));
handler!(dedup, "dedup", effect(dedup));
handler!(accepts, "accept-duplicates", effect(accept_duplicates));

/// All effects that a handler can declare.
pub(crate) const EFFECTS: [&str; 5] = ["undeclared", "read", "idempotent", "dedup", "accept-duplicates"];

/// How the caller and those who answer are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// They are one process.
    Local,
    /// By a wire in memory, in virtual time.
    Wire,
    /// As `Wire`, by a route: nobody is a peer.
    Route,
    Tcp,
    Http,
}

pub(crate) struct World {
    pub(crate) bus: Bus,
    /// Those who answer; the caller itself if it is one process.
    pub(crate) peers: Vec<Bus>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) wire: Wire,
    listeners: Vec<Listener>,
}

/// A world with so many processes that answer.
pub(crate) async fn world(way: Way, peers: usize) -> World {
    world_with(way, peers, |bus| bus, |bus| bus).await
}

/// As [`world`], with settings of the caller and of the others.
pub(crate) async fn world_with(
    way: Way,
    peers: usize,
    caller: impl Fn(Builder) -> Builder,
    peer: impl Fn(Builder) -> Builder,
) -> World {
    let (seen, wire) = (Arc::new(Seen::default()), Wire::default());
    let answering = || {
        let services = services![undeclared, read, idempotent, dedup, accepts];
        Bus::builder().services(services).shared_state(Arc::clone(&seen)).transport(wire.clone())
    };
    if way == Way::Local {
        let bus = caller(peer(answering())).start().unwrap();
        return World { peers: vec![bus.clone()], bus, seen, wire, listeners: Vec::new() };
    }
    let to = (0..peers).map(|n| format!("wire://{n}").parse().unwrap());
    let routes = (way == Way::Route).then(|| bus::Route::consume("role:do".parse().unwrap(), to));
    let bus = caller(Bus::builder().transport(wire.clone())).routes(routes).start().unwrap();
    let mut world =
        World { bus, peers: Vec::new(), seen: Arc::clone(&seen), wire: wire.clone(), listeners: Vec::new() };
    for n in 0..peers {
        let one = peer(answering()).start().unwrap();
        let url: Url = match way {
            Way::Wire | Way::Route => format!("wire://{n}"),
            Way::Tcp => "tcp://127.0.0.1:0".to_owned(),
            Way::Http | Way::Local => "http://127.0.0.1:0".to_owned(),
        }
        .parse()
        .unwrap();
        let listener = one.listen(&url, &Exposed::All).await.unwrap();
        if way != Way::Route {
            world.bus.connect(listener.url()).await.unwrap();
        }
        world.listeners.push(listener);
        world.peers.push(one);
    }
    if way == Way::Route {
        // Virtual time: until the addresses of the route have been asked for their catalogues.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    world
}

pub(crate) fn message(kind: &str, how: &str) -> Work {
    Work { kind: kind.into(), how: how.into() }
}

pub(crate) fn pattern(kind: &str) -> String {
    format!("kind:{kind},role:do")
}

/// What a caller sees of one message.
#[derive(Debug)]
pub(crate) struct Saw {
    pub(crate) reply: Result<Value, CallError<ErrorReply>>,
    pub(crate) receipt: Receipt,
    pub(crate) took: Duration,
    /// How often a handler ran for it.
    pub(crate) runs: usize,
}

impl Saw {
    /// The outcome, and the code of an error or `ok`.
    pub(crate) fn end(&self) -> (Outcome, String) {
        match &self.reply {
            Ok(_) => (Outcome::Done, "ok".to_owned()),
            Err(error) => (error.outcome(), error.code()),
        }
    }
}

impl World {
    /// Calls, and tells what was seen.
    pub(crate) async fn call(&self, kind: &str, how: &str) -> Saw {
        self.call_by(&self.bus, kind, how).await
    }

    /// As [`call`](World::call), by a handle that says more.
    pub(crate) async fn call_by(&self, bus: &Bus, kind: &str, how: &str) -> Saw {
        let (receipt, began, before) = (Receipt::new(), Instant::now(), self.seen.runs());
        let reply = bus.receipt(&receipt).call(message(kind, how)).await;
        Saw { reply, receipt, took: began.elapsed(), runs: self.seen.runs() - before }
    }

    /// Waits until nothing is in flight at those who answer.
    pub(crate) async fn at_rest(&self) {
        while self.peers.iter().any(|peer| peer.flows().in_flight() > 0) {
            tokio::task::yield_now().await;
        }
        for peer in &self.peers {
            peer.settled().await;
        }
    }

    /// The counts of one kind over all who answer.
    pub(crate) fn counts(&self, kind: &str) -> (u64, u64, u64) {
        let all = self.peers.iter().map(|peer| peer.flows().of(&pattern(kind)));
        all.fold((0, 0, 0), |(started, unknown, replayed), counts| {
            (started + counts.started, unknown + counts.unknown, replayed + counts.replayed)
        })
    }
}

/// Calls without waiting for the end.
pub(crate) fn begin(
    bus: &Bus,
    kind: &str,
    how: &str,
) -> tokio::task::JoinHandle<Result<Value, CallError<ErrorReply>>> {
    let (bus, message) = (bus.clone(), message(kind, how));
    tokio::spawn(async move { bus.call(message).await })
}
