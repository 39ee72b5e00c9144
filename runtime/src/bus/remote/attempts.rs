use std::sync::Arc;
use std::time::Duration;

use super::breaker::jitter;
use super::peer::Peer;
use super::table::{Remote, Target};
use crate::bus::Envelope;
use crate::bus::guard::{late, too_late};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};
use crate::seam::clock::{self, Instant};
use crate::transport::Head;

/// Rule R5: at most four attempts inside of the deadline, with full jitter between them.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

type Reply = Result<Vec<u8>, CallError<ErrorReply>>;

impl Remote {
    /// Calls one of those who answer, and others of them when it fails in a way that allows it: *not done* always, and
    /// *unknown* if the handler says that running it twice does no harm (rules R1 and R2).
    ///
    /// `find` is asked anew for each attempt: what is known of the peers changes.
    pub(crate) async fn call(
        &self,
        message: &[u8],
        envelope: &Envelope<'_>,
        default_budget: Duration,
        find: impl Fn() -> Option<Arc<Target>>,
    ) -> Option<Reply> {
        let deadline = envelope.deadline(default_budget);
        let mut last: Option<Reply> = None;
        let mut failed: Option<Arc<Peer>> = None;
        self.wait_for(&find, deadline).await?;
        for attempt in 0..ATTEMPTS {
            let Some(target) = find() else { break };
            if attempt == 0 {
                target.budget.message();
            } else if !target.budget.repeat() || !pause(attempt, deadline).await {
                break;
            }
            let left = deadline.saturating_duration_since(clock::now());
            if left.is_zero() {
                last.get_or_insert_with(|| Err(CallError::Bus(too_late())));
                break;
            }
            let Some(peer) = self.choose(&target, failed.as_ref()) else {
                last.get_or_insert_with(|| Err(CallError::Bus(all_away(&target))));
                continue;
            };
            let reply = one_attempt(&peer, message, envelope, attempt, left).await;
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
            if attempt > 0 && !pause(attempt, deadline).await {
                break;
            }
            let Some(peer) = self.choose(target, failed.as_ref()) else { continue };
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

async fn one_attempt(
    peer: &Peer,
    message: &[u8],
    envelope: &Envelope<'_>,
    attempt: u32,
    left: Duration,
) -> Reply {
    let timeout = peer.latency.attempt_timeout(left);
    let mut head = envelope.head(attempt, left);
    head.budget = Some(left);
    let busy = peer.busy();
    let began = clock::now();
    let reply = tokio::select! {
        biased;
        reply = peer.link.call(message, &head) => reply,
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
        (_, ErrorKind::Refused | ErrorKind::Malformed | ErrorKind::Invalid | ErrorKind::Loop)
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
