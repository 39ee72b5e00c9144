//! A chain of processes: each mounts this with its own `--with step=N`.

use std::time::Duration;

use matchbus::prelude::*;
use matchbus_tests::faults::Hop;

use crate::seen::{Running, Seen};

#[service(fault = "hop", step = "*", effect(idempotent))]
async fn hop(msg: Hop, next: Call<Hop>, meta: Meta, seen: State<Seen>) -> Result<u64, matchbus::Error> {
    let running = Running::begin(seen, &meta);
    if msg.step < msg.steps {
        next.call(Hop { step: msg.step + 1, steps: msg.steps }).await?;
    } else {
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    running.end();
    Ok(1)
}
