//! What a Seneca calls here.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::prelude::*;
use serde_json::json;
use tokio::sync::{Notify, watch};

/// What the handlers below are seen to do.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) counted: AtomicUsize,
    pub(crate) logged: watch::Sender<usize>,
    pub(crate) dropped: Notify,
}

#[service(role = "math", cmd = "sum")]
pub(crate) fn sum(msg: Value) -> Value {
    json!({ "answer": msg["left"].as_i64().unwrap_or(0) + msg["right"].as_i64().unwrap_or(0) })
}

#[service(role = "echo")]
pub(crate) fn echo(msg: Value, meta: Meta) -> Value {
    json!({ "got": msg, "id": meta.id().to_string(), "key": meta.idempotency_key(), "context": meta.contexts(), "source": meta.source() })
}

#[service(role = "fail")]
pub(crate) fn fail(_: Value) -> Result<Value, matchbus::ErrorReply> {
    let mut error = matchbus::ErrorReply::new("E42", "boom from handler");
    error.details = json!({ "a": 1 });
    error.status = 409;
    Err(error)
}

#[service(role = "shape")]
pub(crate) fn shape(msg: Value) -> Value {
    msg["value"].clone()
}

#[service(role = "log")]
pub(crate) fn log(_: Value, seen: State<Seen>) {
    seen.logged.send_modify(|logged| *logged += 1);
}

#[service(role = "count")]
pub(crate) fn count(msg: Value, seen: State<Seen>) -> Value {
    json!({ "counted": seen.counted.fetch_add(1, Ordering::SeqCst) + 1, "n": msg["n"] })
}

#[service(role = "charge", effect(dedup))]
pub(crate) fn charge(_: Value, seen: State<Seen>) -> Value {
    json!({ "counted": seen.counted.fetch_add(1, Ordering::SeqCst) + 1 })
}

struct Dropped(State<Seen>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

#[service(role = "hang")]
pub(crate) async fn hang(_: Value, seen: State<Seen>) -> Value {
    let _dropped = Dropped(seen);
    pending().await
}
