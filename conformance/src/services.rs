//! The handlers of the processes that the behaviours are about.

use std::fmt;

use matchbus::prelude::*;
use matchbus::registry::Info;
use matchbus::services;
use serde_json::json;

use crate::Seen;

/// Those of a process that answers.
pub(crate) fn far() -> &'static [&'static [Info]] {
    services![
        echo,
        give,
        take,
        numbers,
        who,
        kept,
        name,
        log,
        hang,
        read_hang,
        gate,
        slow,
        boom,
        mail::mail,
        stock::stock
    ]
}

/// Those of a process that calls.
pub(crate) fn near() -> &'static [&'static [Info]] {
    services![relay, keep, ..]
}

/// Half of a circle.
pub(crate) fn pings() -> &'static [&'static [Info]] {
    services![ping, ..]
}

/// The other half.
pub(crate) fn pongs() -> &'static [&'static [Info]] {
    services![pong, ..]
}

/// What others stand before.
pub(crate) fn fares() -> &'static [&'static [Info]] {
    services![fare, ..]
}

/// Its special case.
pub(crate) fn golds() -> &'static [&'static [Info]] {
    services![gold, ..]
}

/// A special case of that.
pub(crate) fn nights() -> &'static [&'static [Info]] {
    services![night, ..]
}

/// What replaces it.
pub(crate) fn dearers() -> &'static [&'static [Info]] {
    services![dearer, ..]
}

/// Answers the whole message.
#[service(suite = "echo", effect(read))]
fn echo(msg: Value) -> Value {
    msg
}

/// Answers what is under `reply`; where there is nothing, as much text as `bytes` says.
#[service(suite = "give", effect(read))]
fn give(msg: Value) -> Value {
    match &msg["bytes"] {
        Value::Null => msg["reply"].clone(),
        bytes => "x".repeat(bytes.as_u64().and_then(|bytes| bytes.try_into().ok()).unwrap_or(0)).into(),
    }
}

/// Takes something out of a stock that has no `none`, and whose `dust` is broken.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "take", reply(u32), error(StockError))]
pub struct Take {
    /// What.
    pub sku: String,
    /// How many.
    pub n: u32,
}

/// Why nothing could be taken.
#[derive(Debug, PartialEq, Serialize, Deserialize, AppError)]
pub enum StockError {
    /// It may be there later.
    #[app_error(code("out-of-stock"), status(409), retryable)]
    Out {
        /// What is missing.
        sku: String,
    },
    /// It will be so later, too.
    #[app_error(code("broken"), status(410))]
    Broken,
}

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StockError::Out { sku } => write!(f, "no {sku} is left"),
            StockError::Broken => f.write_str("it is broken"),
        }
    }
}

impl std::error::Error for StockError {}

#[service(suite = "take")]
fn take(msg: Take) -> Result<u32, StockError> {
    match msg.sku.as_str() {
        "none" => Err(StockError::Out { sku: msg.sku }),
        "dust" => Err(StockError::Broken),
        _ => Ok(msg.n),
    }
}

/// Numbers, as they are typed.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize)]
#[message(suite = "numbers", reply(Numbers))]
pub struct Numbers {
    /// Any whole number.
    pub signed: i64,
    /// One from zero.
    pub unsigned: u64,
    /// Any other.
    pub float: f64,
}

#[service(suite = "numbers", effect(read))]
fn numbers(msg: Numbers) -> Numbers {
    msg
}

/// What goes beside a message.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "who", reply(Value))]
pub struct Who {}

#[service(suite = "who", effect(read))]
fn who(_: Who, meta: Meta) -> Value {
    about(&meta)
}

fn about(meta: &Meta) -> Value {
    json!({
        "id": meta.id().to_string(),
        "key": meta.idempotency_key(),
        "attempt": meta.attempt(),
        "chain": meta.chain(),
        "tenant": meta.context("tenant"),
        "trace": meta.traceparent().to_string(),
        "budget": meta.budget().map(|budget| u64::try_from(budget.as_micros()).unwrap_or(u64::MAX)),
    })
}

/// What goes beside a message here, and beside the one that it leads to.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "relay", reply(Value))]
pub struct Relay {}

#[service(suite = "relay")]
async fn relay(_: Relay, meta: Meta, who: Call<Who>) -> Result<Value, matchbus::Error> {
    Ok(json!({ "near": about(&meta), "far": who.call(Who {}).await? }))
}

/// A message that is handed on, with all that it has.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "keep", reply(Value))]
pub struct Keep {
    /// 1 here, 2 there.
    pub step: u32,
}

#[service(suite = "keep", step = 1)]
async fn keep(_: Keep, next: Call<Keep>) -> Result<Value, matchbus::Error> {
    Ok(next.call(Keep { step: 2 }).await?)
}

#[service(suite = "keep", step = 2)]
fn kept(msg: Value) -> Value {
    msg
}

/// The name of the process that answers.
#[service(suite = "name", effect(read))]
fn name(_: Value, seen: State<Seen>) -> Value {
    seen.note("name");
    seen.name.clone().into()
}

/// Something to be noted, in order.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "log", reply(()))]
pub struct Log {
    /// Its number.
    pub n: u32,
}

#[service(suite = "log", concurrency(1))]
fn log(msg: Log, seen: State<Seen>) {
    seen.note(format!("log {}", msg.n));
}

/// Notes the end of a handler that does not end by itself.
struct Hanging(State<Seen>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.note("hang dropped");
    }
}

/// Never ends, and running it twice may do harm.
#[service(suite = "hang")]
async fn hang(_: Value, seen: State<Seen>) -> Value {
    hang_for_ever(seen).await
}

/// Never ends in the process that is asked first; running it twice does no harm.
#[service(suite = "read-hang", effect(read))]
async fn read_hang(_: Value, seen: State<Seen>, meta: Meta) -> Value {
    if meta.attempt() > 0 {
        return seen.name.clone().into();
    }
    hang_for_ever(seen).await
}

async fn hang_for_ever(seen: State<Seen>) -> Value {
    let hanging = Hanging(seen);
    hanging.0.note("hang started");
    std::future::pending().await
}

/// Ends when the gate is opened.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "gate", reply(u32))]
pub struct Gate {
    /// What is answered.
    pub n: u32,
}

#[service(suite = "gate")]
async fn gate(msg: Gate, seen: State<Seen>) -> u32 {
    seen.note("gate started");
    seen.pass().await;
    seen.note("gate ended");
    msg.n
}

/// Takes longer than it allows itself.
#[service(suite = "slow", timeout("20ms"))]
async fn slow(_: Value) -> Value {
    std::future::pending().await
}

#[service(suite = "boom")]
fn boom(msg: Value) -> Value {
    panic!("boom, as asked for by {}", msg["suite"])
}

/// Something that happened.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "sold")]
pub struct Sold {
    /// Its number.
    pub n: u32,
}

/// Leads to a [`Pong`], elsewhere.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "ping", reply(u32))]
pub struct Ping {}

/// Leads to a [`Ping`], elsewhere.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "pong", reply(u32))]
pub struct Pong {}

#[service(suite = "ping")]
async fn ping(_: Ping, pong: Call<Pong>, seen: State<Seen>) -> Result<u32, matchbus::Error> {
    seen.note("ping");
    Ok(pong.call(Pong {}).await?)
}

#[service(suite = "pong")]
async fn pong(_: Pong, ping: Call<Ping>, seen: State<Seen>) -> Result<u32, matchbus::Error> {
    seen.note("pong");
    Ok(ping.call(Ping {}).await?)
}

mod mail {
    use super::{Seen, Sold, State, observer};

    #[observer(suite = "sold")]
    pub(super) fn mail(msg: Sold, seen: State<Seen>) {
        seen.note(format!("mail {}", msg.n));
    }
}

mod stock {
    use super::{Seen, Sold, State, observer};

    #[observer(suite = "sold")]
    pub(super) fn stock(msg: Sold, seen: State<Seen>) {
        seen.note(format!("stock {}", msg.n));
    }
}

/// A message with special cases; the reply says who had it, the last one first.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(suite = "fare", reply(Vec<String>), external)]
pub struct Fare {
    /// Whose it is.
    pub tier: String,
    /// Whether it is late.
    pub night: bool,
}

#[service(suite = "fare", effect(read))]
fn fare(msg: Value, meta: Meta, seen: State<Seen>) -> Value {
    seen.note("fare");
    // A key that the types on the way do not know.
    json!([format!("fare {}", msg["seat"]), format!("depth {}", meta.depth())])
}

#[service(suite = "fare", tier = "gold", effect(read))]
async fn gold(
    msg: Fare,
    usual: Prior<Fare>,
    seen: State<Seen>,
) -> Result<Vec<String>, CallError<matchbus::NoError>> {
    seen.note("gold");
    let mut by = usual.call(msg).await?;
    by.push("gold".into());
    Ok(by)
}

/// Takes any JSON.
#[service(suite = "fare", tier = "gold", night = true, effect(read))]
async fn night(
    msg: Value,
    usual: Prior<Value>,
    seen: State<Seen>,
) -> Result<Value, CallError<matchbus::ErrorReply>> {
    seen.note("night");
    let mut by = usual.call(msg).await?;
    if let Some(by) = by.as_array_mut() {
        by.push("night".into());
    }
    Ok(by)
}

#[service(suite = "fare", overrides, effect(read))]
async fn dearer(
    msg: Fare,
    usual: Prior<Fare>,
    seen: State<Seen>,
) -> Result<Vec<String>, CallError<matchbus::NoError>> {
    seen.note("dearer");
    let mut by = usual.call(msg).await?;
    by.push("dearer".into());
    Ok(by)
}
