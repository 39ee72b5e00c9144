use std::collections::BTreeSet;
use std::future::Future;

use super::{MainOptions, signal, watchdog};
use crate::bus::{Builder, Bus};
use crate::message::Result;
use crate::pattern::Value;

/// What `run` mounts.
#[derive(Debug, Default)]
pub(super) struct Mounting {
    pub(super) only: Vec<String>,
    pub(super) with: Vec<(String, Value)>,
}

/// Answers messages until a signal comes, then drains (rule R15).
pub(super) async fn until_signal(about: MainOptions, mut builder: Builder, mounting: Mounting) -> Result<()> {
    if !mounting.only.is_empty() {
        builder = builder.only(mounting.only);
    }
    for (key, value) in mounting.with {
        builder = builder.with(key, value);
    }
    // Before anything can be sent, so that no signal is missed.
    let signals = signal::Signals::listen()?;
    let bus = builder.start()?;
    let services: BTreeSet<String> = bus.flows().flows.into_iter().map(|flow| flow.service).collect();
    let services = services.into_iter().collect::<Vec<_>>().join(", ");
    eprintln!(
        "{} {}: {} handlers of {services}; SIGTERM or ctrl-c ends it",
        about.package,
        about.version,
        bus.size()
    );
    watchdog::watch(&bus);
    end_by(&bus, signals).await;
    Ok(())
}

/// Does what the program does by itself; a signal ends it as it ends `run`.
pub(super) async fn until_done<Fut>(bus: Bus, run: impl FnOnce(Bus) -> Fut) -> Result<()>
where
    Fut: Future<Output = Result<()>>,
{
    let signals = signal::Signals::listen()?;
    watchdog::watch(&bus);
    tokio::select! {
        result = run(bus.clone()) => {
            bus.settled().await;
            bus.shutdown().await;
            result
        }
        () = end_by(&bus, signals) => Ok(()),
    }
}

/// Waits for a signal and drains; a second signal ends at once.
async fn end_by(bus: &Bus, mut signals: signal::Signals) {
    let name = signals.next().await;
    eprintln!("{name}: ending what is running");
    tokio::select! {
        left = bus.shutdown() => {
            if left > 0 {
                eprintln!("{left} messages did not end in time and are cancelled");
            }
        }
        name = signals.next() => eprintln!("{name} again: ending at once"),
    }
}
