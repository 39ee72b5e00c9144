//! One message is sent, and what it led to is found out, by what any user of a bus can ask it: the catalogue, an
//! explanation, the flows before and after, and the audit.

use matchbus::flow::Snapshot;
use matchbus::registry::{Catalogue, Handler};
use matchbus::router::Explanation;
use matchbus::{Bus, CallError, ErrorReply};
use serde_json::{Map, Value};

use crate::services::audit::Audit;

/// The bus and its observers.
pub(super) struct Stage {
    bus: Bus,
    catalogue: Catalogue,
    audit: Audit,
}

/// What one message led to.
pub(super) struct Happened {
    pub(super) message: String,
    /// Nothing if the bytes are no message.
    pub(super) why: Option<Explanation>,
    pub(super) answered_by: Option<Handler>,
    /// The handlers that were called or sent to on the way, with the keys that make them a special case.
    pub(super) on_the_way: Vec<(Handler, Vec<String>)>,
    pub(super) reply: Result<String, CallError<ErrorReply>>,
    /// How many messages on the way nobody answered, so that a default stood in.
    pub(super) done_without: u64,
    pub(super) events: Vec<Event>,
}

/// An event that followed.
pub(super) struct Event {
    /// As `order/placed`.
    pub(super) name: String,
    /// All but its name.
    pub(super) body: Value,
    pub(super) heard_by: Vec<String>,
}

impl Stage {
    pub(super) fn new(bus: Bus, audit: Audit) -> Self {
        Stage { bus, catalogue: Catalogue::discover(), audit }
    }

    /// From now on, messages are for this tenant.
    pub(super) fn tenant(&mut self, tenant: &str) {
        self.bus = self.bus.context("tenant", tenant);
    }

    pub(super) async fn act(&self, message: &str) -> Happened {
        let before = self.bus.flows();
        let reply = self.bus.act_bytes(message.as_bytes()).await;
        self.bus.settled().await;
        let after = self.bus.flows();
        let ran: Vec<&Handler> = self
            .catalogue
            .handlers
            .iter()
            .filter(|handler| count(&after, handler) > count(&before, handler))
            .collect();

        let why = self.bus.explain(message.as_bytes()).ok();
        let winner = why.as_ref().and_then(|why| why.winner()).map(ToString::to_string);
        let (first, others): (Vec<&Handler>, Vec<&Handler>) = ran
            .iter()
            .copied()
            .filter(|handler| handler.kind == "service")
            .partition(|handler| winner.as_ref() == Some(&handler.pattern));
        let done_without = if reply.is_ok() { after.unrouted - before.unrouted } else { 0 };
        Happened {
            message: message.to_owned(),
            why,
            answered_by: first.first().copied().cloned(),
            on_the_way: others
                .iter()
                .map(|handler| ((*handler).clone(), self.further_keys(handler)))
                .collect(),
            reply: reply.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            done_without,
            events: self.audit.take().into_iter().map(|heard| event(heard.event, &ran)).collect(),
        }
    }

    /// The keys that a handler has beyond another one that would answer without them.
    fn further_keys(&self, handler: &Handler) -> Vec<String> {
        let usual = self.catalogue.handlers.iter().find(|usual| {
            usual.kind == handler.kind
                && usual.keys.len() < handler.keys.len()
                && is_part(&usual.keys, &handler.keys)
        });
        let further = |usual: &Handler| {
            let keys = handler.keys.iter().filter(|(key, _)| !usual.keys.contains_key(*key));
            keys.map(|(key, value)| format!("{key}:{}", value.as_str().unwrap_or("*"))).collect()
        };
        usual.map(further).unwrap_or_default()
    }
}

fn event(mut body: Value, ran: &[&Handler]) -> Event {
    let observers = ran.iter().filter(|handler| handler.kind == "observer" && wants(handler, &body));
    let heard_by = observers.map(|observer| observer.id()).collect();
    let mut name = |key: &str| {
        let value = body.as_object_mut().and_then(|body| body.remove(key));
        value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Event { name: format!("{}/{}", name("role"), name("event")), body, heard_by }
}

fn count(flows: &Snapshot, handler: &Handler) -> u64 {
    let this = flows.flows.iter().find(|flow| {
        flow.pattern == handler.pattern && flow.service == handler.service && flow.handler == handler.handler
    });
    this.map_or(0, |flow| flow.counts.started)
}

fn is_part(some: &Map<String, Value>, all: &Map<String, Value>) -> bool {
    some.iter().all(|(key, value)| all.get(key) == Some(value))
}

/// Whether the observer's keys have the event's values; the only glob of the shop is `*`.
fn wants(observer: &Handler, event: &Value) -> bool {
    observer
        .keys
        .iter()
        .all(|(key, value)| event.get(key).is_some_and(|given| given == value || value.is_object()))
}
