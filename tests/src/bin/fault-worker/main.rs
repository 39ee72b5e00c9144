//! A process of the fault programs, made as a user makes one; `faults` starts it, and kills it.
//!
//! What differs from test to test is said by the environment: `FAULTS_DIR` (where effects go), `FAULTS_TIMEOUT_MS` (the bus's
//! time for a message), `FAULTS_QUEUE` (how many messages wait for a handler), `FAULTS_CLOCK_S` (by how many seconds its wall
//! clock is wrong).

mod chain;
mod effects;
mod ready;
mod seen;
mod versions;
mod work;

use std::time::Duration;

use matchbus::prelude::*;

#[matchbus::main(worker_threads(2))]
async fn main(app: App) -> matchbus::Result<()> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (timeout, queue) = (number("FAULTS_TIMEOUT_MS"), number("FAULTS_QUEUE"));
    let clock = std::env::var("FAULTS_CLOCK_S").ok().and_then(|text| text.parse::<i64>().ok());
    matchbus::seam::clock::shift_wall(clock.unwrap_or(0) * 1_000);
    let directory = std::env::var_os("FAULTS_DIR").map(std::path::PathBuf::from);
    app.state(effects::Store::new(directory.clone()))
        .state(ready::Diary::new(directory))
        .state(seen::Seen::default())
        .configure(|mut bus| {
            if let Some(ms) = timeout {
                bus = bus.timeout(Duration::from_millis(ms));
            }
            if let Some(messages) = queue {
                bus = bus.queue(usize::try_from(messages).unwrap_or(usize::MAX));
            }
            bus
        })
        .run()
        .await
}
