//! Handlers that do well, and handlers that do not.

use std::future::pending;
use std::time::Duration;

use matchbus::prelude::*;
use matchbus_tests::faults::{Give, Hang, MayPanic, Ping, Work};

use crate::seen::{Running, Seen};

#[service(fault = "ping", effect(idempotent))]
fn ping(msg: Ping) -> u64 {
    msg.n
}

#[service(fault = "give", effect(read))]
fn give(msg: Give) -> String {
    "x".repeat(msg.bytes)
}

/// With a few places, so that one which a panic does not give back is missed.
#[service(fault = "panic", effect(idempotent), concurrency(4))]
fn may_panic(msg: MayPanic, meta: Meta, seen: State<Seen>) -> u64 {
    let running = Running::begin(seen, &meta);
    assert!(msg.n % 100 != 99, "number {} is not to my taste", msg.n);
    running.end();
    msg.n
}

#[service(fault = "hang")]
async fn hang(_: Hang, meta: Meta, seen: State<Seen>) -> u64 {
    let running = Running::begin(seen, &meta);
    let () = pending().await;
    running.end();
    0
}

#[service(fault = "work", effect(idempotent), concurrency(4))]
async fn work(msg: Work, meta: Meta, seen: State<Seen>) -> u64 {
    let running = Running::begin(seen, &meta);
    tokio::time::sleep(Duration::from_millis(msg.ms)).await;
    running.end();
    msg.ms
}
