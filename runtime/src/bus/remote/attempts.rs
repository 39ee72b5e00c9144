use std::sync::Arc;
use std::time::Duration;

use super::breaker::jitter;
use super::peer::Peer;
use super::table::{Remote, Target};
use crate::bus::Envelope;
use crate::bus::guard::{late, too_late};
use crate::bus::settings::Settings;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};
use crate::seam::clock::{self, Instant};
use crate::transport::Head;

/// Rule R5: at most four attempts inside of the deadline, with full jitter between them.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) type Reply = Result<Vec<u8>, CallError<ErrorReply>>;

impl Remote {
    /// Calls one of those who answer, and others of them when it fails in a way that allows it: *not done* always, and
    /// *unknown* if the handler says that running it twice does no harm (rules R1 and R2).
    ///
    /// `find` is asked anew for each attempt: what is known of the peers changes.
    pub(crate) async fn call(
        &self,
        message: &[u8],
        envelope: &Envelope<'_>,
        settings: &Settings,
        find: impl Fn() -> Option<Arc<Target>>,
    ) -> Option<Reply> {
        let deadline = envelope.deadline(settings.budget);
        let mut last: Option<Reply> = None;
        let mut failed: Option<Arc<Peer>> = None;
        let mut found = Some(match find() {
            Some(target) => target,
            None => self.wait_for(&find, deadline).await?,
        });
        let mut attempt = 0;
        while attempt < ATTEMPTS {
            let Some(target) = found.take().or_else(&find) else { break };
            if attempt > 0 && (!target.budget.repeat() || !pause(attempt, deadline).await) {
                break;
            }
            // One look at the clock for all that begins here.
            let now = clock::now();
            if attempt == 0 {
                target.budget.message(now);
            }
            let left = deadline.saturating_duration_since(now);
            if left.is_zero() {
                last.get_or_insert_with(|| Err(CallError::Bus(too_late())));
                break;
            }
            let Some(peer) = self.choose(&target, failed.as_ref()) else {
                last.get_or_insert_with(|| Err(CallError::Bus(all_away(&target))));
                attempt += 1;
                continue;
            };
            let sending = Sending { message, envelope, target: &target, left, last: attempt + 1 == ATTEMPTS };
            let (reply, sent) = if settings.hedge_reads && target.reads && !sending.last {
                // Boxed, so that other calls do not carry the room for it.
                Box::pin(self.hedged(&sending, &peer, attempt)).await
            } else {
                (sending.attempt(&peer, attempt, now).await, 1)
            };
            attempt += sent;
            let again = match &reply {
                Ok(_) | Err(CallError::App(_)) => false,
                Err(CallError::Bus(error)) => may_repeat(error, &target),
            };
            if !again {
                return Some(reply);
            }
            (last, failed) = (Some(reply), Some(peer));
        }
        last
    }

    /// Sends to one of those who answer; as [`call`](Remote::call), for messages that nobody waits for.
    pub(crate) async fn send(
        &self,
        message: &[u8],
        head: &Head,
        deadline: Instant,
        target: &Target,
    ) -> Result<(), Error> {
        let mut failed = None;
        let mut last = all_away(target);
        for attempt in 0..ATTEMPTS {
            if attempt == 0 {
                target.budget.message(clock::now());
            } else if !target.budget.repeat() || !pause(attempt, deadline).await {
                break;
            }
            let Some(peer) = self.choose(target, failed.as_ref()) else { continue };
            target.budget.counts.attempts.add();
            let busy = peer.busy();
            let sent = tokio::select! {
                biased;
                sent = peer.link.send(message, head) => sent,
                () = clock::sleep_until(deadline) => Err(late()),
            };
            drop(busy);
            match sent {
                Ok(()) => {
                    peer.breaker.answered();
                    return Ok(());
                }
                Err(error) => {
                    note(&peer, &error);
                    let again = may_repeat(&error, target);
                    last = error;
                    if !again {
                        break;
                    }
                }
            }
            failed = Some(peer);
        }
        Err(last)
    }
}

/// One message and the time that is left to it, for one or several attempts.
pub(super) struct Sending<'a> {
    message: &'a [u8],
    envelope: &'a Envelope<'a>,
    pub(super) target: &'a Target,
    pub(super) left: Duration,
    /// No attempt may follow.
    last: bool,
}

impl Sending<'_> {
    /// One attempt, which begins now.
    pub(super) async fn attempt(&self, peer: &Peer, attempt: u32, began: Instant) -> Reply {
        let timeout = if self.last || !self.target.repeatable {
            // To give up early makes time for another attempt. Where none can follow, it would only turn a slow answer
            // into none.
            self.left
        } else {
            peer.latency.attempt_timeout(self.left)
        };
        let head = self.envelope.head(attempt, self.left);
        self.target.budget.counts.attempts.add();
        if let Some(receipt) = self.envelope.receipt() {
            receipt.attempt();
        }
        let busy = peer.busy();
        let reply = tokio::select! {
            biased;
            reply = peer.link.call(self.message, &head) => reply,
            () = clock::sleep_until(began + timeout) => Err(CallError::Bus(no_answer(peer, timeout))),
        };
        drop(busy);
        match &reply {
            Ok(_) | Err(CallError::App(_)) => {
                peer.latency.note(clock::now() - began);
                peer.breaker.answered();
            }
            Err(CallError::Bus(error)) => note(peer, error),
        }
        reply
    }

    /// Notes that a copy was sent before another one had failed.
    pub(super) fn note_hedge(&self) {
        self.target.budget.counts.hedges.add();
        if let Some(receipt) = self.envelope.receipt() {
            receipt.hedged();
        }
    }
}

/// What a failure says of the peer: one that refuses is there, one that is silent is not.
fn note(peer: &Peer, error: &Error) {
    match error.kind() {
        ErrorKind::Unreachable | ErrorKind::Lost | ErrorKind::Deadline | ErrorKind::Draining => {
            peer.breaker.failed();
        }
        _ => peer.breaker.answered(),
    }
}

fn may_repeat(error: &Error, target: &Target) -> bool {
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
        | (Outcome::Done, _) => false,
        (Outcome::NotDone, _) => true,
        (Outcome::Unknown, _) => target.repeatable,
    }
}

/// Waits before attempt number `attempt`; `false` if the deadline comes first.
async fn pause(attempt: u32, deadline: Instant) -> bool {
    let most = PAUSE.saturating_mul(1 << (attempt - 1).min(6)).min(LONGEST_PAUSE);
    let until = clock::now() + jitter(most);
    if until >= deadline {
        return false;
    }
    clock::sleep_until(until).await;
    true
}

#[cold]
fn all_away(target: &Target) -> Error {
    let peers = target.peers.iter().map(|peer| peer.url.to_string()).collect::<Vec<_>>().join(", ");
    let text = format!("nobody who answers `{}` can be reached now: {peers}", target.pattern);
    Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
}

#[cold]
fn no_answer(peer: &Peer, timeout: Duration) -> Error {
    let text = format!("{} did not answer within {timeout:?}; the message may have been handled", peer.url);
    Error::new(ErrorKind::Deadline, Outcome::Unknown, text)
}
