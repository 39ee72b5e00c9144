//! The signals that end a program.

use crate::message::{Error, ErrorKind, Outcome, Result};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and ctrl-c, heard from the moment this is made.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    term: Signal,
    #[cfg(unix)]
    int: Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self> {
        let listen = |kind| {
            signal(kind).map_err(|cause| {
                Error::new(ErrorKind::Start, Outcome::NotDone, format!("signals cannot be heard: {cause}"))
            })
        };
        Ok(Signals { term: listen(SignalKind::terminate())?, int: listen(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Result<Self> {
        Ok(Signals {})
    }

    /// The next signal's name.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "ctrl-c",
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "ctrl-c",
            // Without signals there is nothing to wait for.
            Err(_) => std::future::pending().await,
        }
    }
}

/// The exit code by which a shell knows that this signal has ended a program: 128 and its number (POSIX, sh, 2.8.2).
pub(super) fn exit_code(name: &str) -> u8 {
    if name == "SIGTERM" { 128 + 15 } else { 128 + 2 }
}
