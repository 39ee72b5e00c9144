use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::log::say;
use super::network::Network;
use super::{MainOptions, Otherwise, counted, signal, watchdog};
use crate::bus::{Builder, Bus};
use crate::list::{List, join};
use crate::message::{Error, Result};
use crate::pattern::Value;
use crate::seam::clock;
use crate::sort::distinct;
use crate::transport::Listener;

/// How long the last answers may take to leave.
const TELLING: Duration = Duration::from_secs(2);

/// What `run` mounts.
#[derive(Debug, Default)]
pub(super) struct Mounting {
    pub(super) only: Vec<String>,
    pub(super) with: Vec<(String, Value)>,
    pub(super) network: Network,
}

/// Answers messages until a signal comes, then drains (rule R15). The exit code.
pub(super) async fn until_signal(
    about: MainOptions,
    mut builder: Builder,
    mounting: Mounting,
    beside: Vec<Otherwise>,
) -> Result<u8> {
    if !mounting.only.is_empty() {
        builder = builder.only(mounting.only);
    }
    for (key, value) in mounting.with {
        builder = builder.with(key, value);
    }
    let network = mounting.network.or_environment()?;
    // Before anything can be sent, so that no signal is missed.
    let signals = signal::Signals::listen()?;
    let bus = network.prepare(builder)?.start()?;
    let listeners = network.join(&bus).await?;
    let services = join(&distinct(bus.flows().flows.into_iter().map(|flow| flow.service)), ", ");
    if let Some(note) = bus.dedup_note() {
        say(&note);
    }
    // Only what comes from other processes is made again.
    if !listeners.is_empty()
        && let Some(note) = bus.core().undeclared_note()
    {
        say(&note);
    }
    say(&format!(
        "{} {}: {} of {services}; SIGTERM or ctrl-c ends it",
        about.package,
        about.version,
        counted(bus.size(), "handler")
    ));
    let _watched = watchdog::watch(&bus);
    let mut beside = Beside(beside.into_iter().map(|run| run(bus.clone())).list());
    let exit = tokio::select! {
        exit = end_by(&bus, listeners, signals) => exit,
        failed = beside.failure() => return Err(failed),
    };
    tokio::select! {
        failed = beside.ended() => failed.map_or(Ok(exit), Err),
        () = clock::sleep(TELLING) => Ok(exit),
    }
}

/// What runs beside the handlers, in the same task as `main`.
struct Beside(Vec<Pin<Box<dyn Future<Output = Result<()>> + Send>>>);

impl Beside {
    /// Waits until everything has ended, or for the first failure.
    async fn ended(&mut self) -> Option<Error> {
        poll_fn(|context| {
            let mut failed = None;
            self.0.retain_mut(|run| match run.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(ended) => {
                    failed = failed.take().or(ended.err());
                    false
                }
            });
            if failed.is_some() || self.0.is_empty() { Poll::Ready(failed) } else { Poll::Pending }
        })
        .await
    }

    /// Waits for a failure; that everything ends well is none.
    async fn failure(&mut self) -> Error {
        match self.ended().await {
            Some(error) => error,
            None => pending().await,
        }
    }
}

/// Does what the program does by itself; a signal ends it as it ends `run`. The exit code.
pub(super) async fn until_done<Fut>(bus: Bus, run: impl FnOnce(Bus) -> Fut) -> Result<u8>
where
    Fut: Future<Output = Result<()>>,
{
    let signals = signal::Signals::listen()?;
    let _watched = watchdog::watch(&bus);
    tokio::select! {
        result = run(bus.clone()) => {
            bus.settled().await;
            bus.shutdown().await;
            result.map(|()| 0)
        }
        exit = end_by(&bus, Vec::new(), signals) => Ok(exit),
    }
}

/// Waits for a signal and drains; a second signal ends at once. The exit code: 0 if all that was running has ended.
async fn end_by(bus: &Bus, listeners: Vec<Listener>, mut signals: signal::Signals) -> u8 {
    let name = signals.next().await;
    say(&format!("{name}: ending what is running"));
    let end = async {
        let left = bus.shutdown().await;
        if left > 0 {
            say(&format!("{left} messages did not end in time and are cancelled"));
        }
        // What has ended must still be told: each listener ends when every connection got its answers.
        let told = async {
            for listener in listeners {
                listener.ended().await;
            }
        };
        tokio::select! {
            () = told => {}
            () = clock::sleep(TELLING) => {}
        }
        u8::from(left > 0)
    };
    tokio::select! {
        exit = end => exit,
        name = signals.next() => {
            say(&format!("{name} again: ending at once"));
            1
        }
    }
}
