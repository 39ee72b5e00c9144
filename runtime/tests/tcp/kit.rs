//! What the tests share: services, a far process, and a client that sends any line.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::prelude::*;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Exposed, Head, Link, Listener, Transport};
use matchbus::{ErrorReply, services};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) runs: AtomicUsize,
    pub(crate) started: Notify,
    pub(crate) dropped: Notify,
    pub(crate) heard: Notify,
}

/// Lets the handlers that wait go on, one for each permit.
pub(crate) struct Gate(pub(crate) Semaphore);

#[derive(Debug, Serialize, Deserialize, AppError)]
pub(crate) enum StockError {
    #[app_error(code("out-of-stock"), status(409), retryable)]
    Out { sku: String },
}

impl std::fmt::Display for StockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StockError::Out { sku } = self;
        write!(f, "no {sku} left")
    }
}

impl std::error::Error for StockError {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "stock", cmd = "take", reply(u32), error(StockError))]
pub(crate) struct Take {
    sku: String,
    n: u32,
}

#[service(role = "stock", cmd = "take")]
pub(crate) fn take(msg: Take) -> Result<u32, StockError> {
    if msg.sku == "none" { Err(StockError::Out { sku: msg.sku }) } else { Ok(msg.n) }
}

#[service(role = "echo")]
pub(crate) fn echo(msg: Value) -> Value {
    msg
}

#[service(role = "meta")]
pub(crate) async fn meta(_: Value, meta: Meta) -> Value {
    json!({
        "id": meta.id().to_string(), "key": meta.idempotency_key(), "attempt": meta.attempt(),
        "budget": meta.budget().map(|left| u64::try_from(left.as_millis()).unwrap()), "source": meta.source(),
        "tenant": meta.context("tenant"), "trace": meta.traceparent().to_string().get(3..35),
    })
}

pub(crate) struct Dropped(State<Seen>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

#[service(role = "hang")]
pub(crate) async fn hang(_: Value, seen: State<Seen>) -> Value {
    seen.runs.fetch_add(1, Ordering::SeqCst);
    seen.started.notify_one();
    let _dropped = Dropped(seen);
    pending().await
}

#[service(role = "wait")]
pub(crate) async fn wait(msg: Value, seen: State<Seen>, gate: State<Gate>) -> Value {
    seen.started.notify_one();
    gate.0.acquire().await.unwrap().forget();
    msg
}

#[service(role = "secret")]
pub(crate) fn secret(_: Value) -> Value {
    json!("told")
}

#[derive(Message, Serialize, Deserialize)]
#[message(event = "happened")]
pub(crate) struct Happened {
    n: u32,
}

#[observer(event = "happened")]
pub(crate) async fn hear(_: Happened, seen: State<Seen>) {
    seen.heard.notify_one();
}

#[service(role = "log")]
pub(crate) async fn log(_: Value, seen: State<Seen>) -> Value {
    seen.heard.notify_one();
    Value::Null
}

pub(crate) struct Far {
    pub(crate) bus: Bus,
    pub(crate) listener: Listener,
    pub(crate) seen: Arc<Seen>,
    pub(crate) gate: Arc<Gate>,
}

impl Far {
    pub(crate) async fn listen(options: &str) -> Far {
        Far::at(&format!("tcp://127.0.0.1:0?{options}"), &Exposed::All).await
    }

    pub(crate) async fn at(url: &str, exposed: &Exposed) -> Far {
        let seen = Arc::new(Seen::default());
        let gate = Arc::new(Gate(Semaphore::new(0)));
        let bus = Bus::builder()
            .services(services![take, echo, meta, hang, wait, secret, hear, log])
            .shared_state(Arc::clone(&seen))
            .shared_state(Arc::clone(&gate))
            .start()
            .unwrap();
        let listener = bus.listen(&url.parse().unwrap(), exposed).await.unwrap();
        Far { bus, listener, seen, gate }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.url().authority(0)
    }

    pub(crate) fn link(&self) -> Arc<dyn Link> {
        link(&format!("tcp://{}", self.address()))
    }

    pub(crate) async fn raw(&self) -> Raw {
        Raw::new(TcpStream::connect(self.address()).await.unwrap())
    }
}

pub(crate) fn link(url: &str) -> Arc<dyn Link> {
    Tcp::new().connect(&url.parse().unwrap()).unwrap()
}

pub(crate) fn head() -> Head {
    Head::default()
}

pub(crate) async fn call(link: &Arc<dyn Link>, message: Value) -> Result<Value, CallError<ErrorReply>> {
    let reply = link.call(message.to_string().as_bytes(), &head()).await?;
    Ok(serde_json::from_slice(&reply).unwrap())
}

/// One end of a connection, line by line.
pub(crate) struct Raw(pub(crate) BufReader<TcpStream>);

impl Raw {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Raw(BufReader::new(stream))
    }

    pub(crate) async fn write(&mut self, text: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(text.as_ref()).await.unwrap();
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn read(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await.unwrap_or(0);
        (read > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        self.write(format!("{frame}\n")).await;
        self.read().await.unwrap()
    }
}

#[allow(clippy::needless_pass_by_value)] // Callers make it on the spot.
pub(crate) fn act(id: &str, message: Value) -> Value {
    json!({"id": id, "kind": "act", "origin": "me/1", "sync": true, "act": message})
}

/// As [`act`], from a matchbus.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn act_of_ours(id: &str, message: Value) -> String {
    let frame = json!({"id": id, "kind": "act", "sync": true, "mb": {}, "act": message});
    format!("{frame}\n")
}
