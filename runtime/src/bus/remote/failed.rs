//! What follows when an attempt fails: whom to ask next, after which pause, and what to say in the end.

use std::sync::Arc;
use std::time::Duration;

use super::breaker::jitter;
use super::peer::Peer;
use super::target::Target;
use crate::list::{List, join};
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::clock::{self, Instant};

/// Rule R5: at most four attempts inside of the deadline, with full jitter between them.
pub(super) const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Who failed last, and so is not the first to be asked again.
#[derive(Debug, Default)]
pub(super) struct Failed {
    peer: Option<Arc<Peer>>,
    /// It may have run the message.
    in_doubt: bool,
    /// The last error that says *unknown*, of whichever peer.
    unknown: Option<Error>,
}

impl Failed {
    /// Whom to ask next. What a handler with `effect(dedup)` remembers is in the memory of its process (rule R7), so a repeat
    /// goes to who may have run it, also if that one's breaker is open: only when it is away another one is asked.
    pub(super) fn next<'t>(&self, target: &'t Target) -> Option<&'t Arc<Peer>> {
        let same = self.peer.as_ref().filter(|_| self.in_doubt && target.remembers);
        let same = same.and_then(|same| target.peers.iter().find(|peer| Arc::ptr_eq(peer, same)));
        same.or_else(|| target.choose(self.peer.as_ref()))
    }

    /// Whether these may have the message now. What may have run is run again only where that does no harm (rule R2), and it
    /// is for those to say who would run it: others answer than at first, or the same in another version.
    pub(super) fn lets_repeat(&self, target: &Target) -> bool {
        self.unknown.is_none() || target.repeatable
    }

    /// This one failed.
    pub(super) fn note(&mut self, peer: Arc<Peer>, next: Next, error: Option<&Error>) {
        let unknown = error.filter(|error| error.outcome() == Outcome::Unknown);
        // One that refuses for now, such as for a place, still remembers.
        let same = self.peer.as_ref().is_some_and(|last| Arc::ptr_eq(last, &peer));
        self.in_doubt = unknown.is_some() || self.in_doubt && same && next == Next::Repeat;
        self.peer = Some(peer);
        if let Some(unknown) = unknown {
            self.unknown = Some(unknown.clone());
        }
    }

    /// What to say in the end: a last attempt that is certainly *not done* says nothing of those before it.
    pub(super) fn or_in_doubt(self, error: Error) -> Error {
        match self.unknown.filter(|_| error.outcome() == Outcome::NotDone) {
            None => error,
            Some(unknown) => {
                let text = format!("{}; after that: {}", unknown.text(), error.text());
                unknown.with_text(text)
            }
        }
    }
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is final.
    End,
    /// That process is away, and nobody had the message: this was no attempt.
    Other,
    /// Another attempt.
    Repeat,
}

impl Next {
    pub(super) fn after(error: &Error, target: &Target) -> Self {
        match (error.outcome(), error.kind()) {
            (
                _,
                ErrorKind::Refused
                | ErrorKind::Malformed
                | ErrorKind::Invalid
                | ErrorKind::Loop
                | ErrorKind::Conflict,
            )
            | (Outcome::Unknown, ErrorKind::Unwritable | ErrorKind::Undecodable)
            | (Outcome::Done, _) => Next::End,
            (Outcome::NotDone, ErrorKind::Unreachable | ErrorKind::Draining) => Next::Other,
            (Outcome::NotDone, _) => Next::Repeat,
            (Outcome::Unknown, _) if target.repeatable => Next::Repeat,
            (Outcome::Unknown, _) => Next::End,
        }
    }
}

/// Those who were away, one after the other.
#[derive(Debug, Default)]
pub(super) struct Away {
    met: usize,
    rounds: u32,
}

impl Away {
    /// One more; whether to go on: at once to another one, and after a pause when it may have been all of them.
    pub(super) async fn met(&mut self, target: &Target, deadline: Instant) -> bool {
        self.met += 1;
        if self.met < target.peers.len() {
            return true;
        }
        self.wait(deadline).await
    }

    /// Nobody is there; whether to look again.
    pub(super) async fn wait(&mut self, deadline: Instant) -> bool {
        self.met = 0;
        self.rounds += 1;
        pause(self.rounds, deadline).await
    }
}

/// Waits before attempt number `attempt`; `false` if there is no time for one.
pub(super) async fn pause(attempt: u32, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(clock::now());
    if left < PAUSE {
        return false;
    }
    // Near the deadline the pauses get shorter, so that what comes back late is still met.
    let most = PAUSE.saturating_mul(1 << (attempt - 1).min(6)).min(LONGEST_PAUSE).min(left / 2);
    clock::sleep(jitter(most)).await;
    true
}

#[cold]
pub(super) fn all_away(target: &Target) -> Error {
    let peers = join(&target.peers.iter().map(|peer| peer.url.to_string()).list(), ", ");
    let text = format!("nobody who answers `{}` can be reached now: {peers}", target.pattern);
    Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
}
