//! What the tests share: a service, a listener, and a client that sends any bytes.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Link, Listener, Transport, Url, http::Http};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

#[derive(Message, Serialize, Deserialize)]
#[message(role = "math", cmd = "sum", reply(i64))]
pub(crate) struct Sum {
    left: i64,
    right: i64,
}

#[service(role = "math", cmd = "sum")]
fn sum(msg: Sum) -> i64 {
    msg.left + msg.right
}

#[service(role = "echo")]
fn echo(msg: Value) -> Value {
    msg
}

/// What the handler is told beside the message.
#[service(role = "meta")]
fn tell_meta(_: Value, meta: Meta) -> Value {
    json!({
        "id": meta.id().to_string(),
        "key": meta.idempotency_key(),
        "attempt": meta.attempt(),
        "budget": meta.budget().map(|budget| u64::try_from(budget.as_millis()).unwrap()),
        "trace": meta.traceparent().to_string()[3..35],
        "source": meta.source(),
        "context": meta.contexts(),
    })
}

#[derive(AppError, Debug, Serialize, Deserialize)]
pub(crate) enum StockError {
    #[app_error(status(409), retryable)]
    OutOfStock { sku: String },
}

impl std::fmt::Display for StockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StockError::OutOfStock { sku } = self;
        write!(f, "no `{sku}` left")
    }
}
impl std::error::Error for StockError {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "stock", cmd = "take", reply(()), error(StockError))]
pub(crate) struct Take {
    sku: String,
}

#[service(role = "stock", cmd = "take")]
fn take(msg: Take) -> Result<(), StockError> {
    Err(StockError::OutOfStock { sku: msg.sku })
}

#[service(role = "panic")]
fn panics(_: Value) -> Value {
    panic!("asked to")
}

#[service(role = "shape")]
fn shape(msg: Value) -> Value {
    msg["as"].clone()
}

#[service(role = "large")]
fn large(msg: Value) -> Value {
    "x".repeat(usize::try_from(msg["bytes"].as_u64().unwrap()).unwrap()).into()
}

/// What the handlers that wait are seen to do.
pub(crate) struct Seen {
    pub(crate) started: Semaphore,
    pub(crate) dropped: Semaphore,
    pub(crate) open: Semaphore,
    pub(crate) heard: Notify,
    pub(crate) count: AtomicUsize,
}

impl Default for Seen {
    fn default() -> Self {
        Seen {
            started: Semaphore::new(0),
            dropped: Semaphore::new(0),
            open: Semaphore::new(0),
            heard: Notify::new(),
            count: AtomicUsize::new(0),
        }
    }
}

struct OnDrop<'a>(&'a Semaphore);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[service(role = "hang")]
async fn hang(_: Value, seen: State<Seen>) -> Value {
    let _dropped = OnDrop(&seen.dropped);
    seen.started.add_permits(1);
    pending().await
}

/// Waits until the test lets it go on.
#[service(role = "gate")]
async fn gate(msg: Value, seen: State<Seen>) -> Value {
    seen.started.add_permits(1);
    seen.open.acquire().await.unwrap().forget();
    msg["n"].clone()
}

#[service(role = "log")]
fn log(_: Value, seen: State<Seen>) -> Value {
    seen.count.fetch_add(1, Ordering::SeqCst);
    seen.heard.notify_one();
    Value::Null
}

#[observer(role = "event")]
fn hear(_: Value, seen: State<Seen>) {
    seen.count.fetch_add(10, Ordering::SeqCst);
    seen.heard.notify_one();
}

pub(crate) struct World {
    pub(crate) bus: Bus,
    pub(crate) seen: Arc<Seen>,
    pub(crate) listener: Listener,
}

pub(crate) fn bus(change: impl FnOnce(matchbus::bus::Builder) -> matchbus::bus::Builder) -> (Bus, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let builder = Bus::builder()
        .services(services![sum, echo, tell_meta, take, panics, shape, large, hang, gate, log, hear])
        .shared_state(Arc::clone(&seen));
    (change(builder).start().unwrap(), seen)
}

pub(crate) async fn listen_with(
    url: &str,
    exposed: &Exposed,
    change: impl FnOnce(matchbus::bus::Builder) -> matchbus::bus::Builder,
) -> World {
    let (bus, seen) = bus(change);
    let listener = bus.listen(&url.parse().unwrap(), exposed).await.unwrap();
    World { bus, seen, listener }
}

/// The usual world.
pub(crate) async fn world() -> World {
    listen_with("http://127.0.0.1:0", &Exposed::All, |bus| bus).await
}

impl World {
    pub(crate) fn address(&self) -> String {
        self.listener.url().authority(0)
    }

    pub(crate) async fn raw(&self) -> Raw {
        Raw::connect(&self.address()).await
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        self.raw().await.post("/act", "", body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.raw().await.ask(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await.unwrap()
    }

    pub(crate) fn link(&self, scheme: &str) -> Arc<dyn Link> {
        link(&format!("{scheme}://{}", self.address()))
    }

    pub(crate) async fn started(&self, n: u32) {
        self.seen.started.acquire_many(n).await.unwrap().forget();
    }
}

pub(crate) fn link(url: &str) -> Arc<dyn Link> {
    Http::new().connect(&url.parse::<Url>().unwrap()).unwrap()
}

/// A connection that sends what it is told.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Status, code and outcome of an error.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        assert_eq!(self.header("matchbus-outcome"), error["outcome"].as_str(), "{self:?}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (self.status, text(&error["code"]), text(&error["outcome"]))
    }
}

impl Raw {
    pub(crate) async fn connect(address: &str) -> Self {
        Raw::new(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) fn new(stream: TcpStream) -> Self {
        Raw { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, request: impl AsRef<[u8]>) -> Option<Answer> {
        self.send(request).await;
        self.answer().await
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n{body}");
        self.ask(request).await.unwrap()
    }

    /// The next answer; `None` if the connection ends instead.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = self.read.split_off(end + 4);
                break String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap();
            }
            if self.more().await == 0 {
                assert!(self.read.is_empty(), "{:?}", String::from_utf8_lossy(&self.read));
                return None;
            }
        };
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert_ne!(self.more().await, 0, "half an answer");
        }
        let rest = self.read.split_off(length);
        answer.body = String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap();
        Some(answer)
    }

    /// Waits until the other side closes.
    pub(crate) async fn ended(&mut self) {
        while self.more().await > 0 {}
    }

    async fn more(&mut self) -> usize {
        // A reset is an end too.
        self.stream.read_buf(&mut self.read).await.unwrap_or(0)
    }
}
