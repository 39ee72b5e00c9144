//! One attempt at one peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::counts::Unless;
use super::peer::Peer;
use super::target::Target;
use crate::bus::Envelope;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Receipt};
use crate::seam::clock::{self, Instant};

pub(super) type Reply = Result<Vec<u8>, CallError<ErrorReply>>;

/// One message and the time that is left to it, for one or several attempts.
pub(super) struct Sending<'a> {
    pub(super) message: &'a [u8],
    pub(super) envelope: &'a Envelope<'a>,
    pub(super) target: &'a Target,
    pub(super) left: Duration,
    /// No attempt may follow.
    pub(super) last: bool,
    /// The next attempt has been taken out of the retry budget.
    pub(super) paid: &'a AtomicBool,
}

impl Sending<'_> {
    /// One attempt, which begins now.
    pub(super) async fn attempt(&self, peer: &Arc<Peer>, attempt: u32, began: Instant) -> Reply {
        let patience = self.patience();
        let head = self.envelope.head(attempt, self.left);
        self.target.budget.counts.mine().attempts.add();
        if let Some(receipt) = self.envelope.receipt() {
            receipt.attempt();
        }
        let busy = peer.busy();
        // The caller may go away at any time, and this with it.
        let given_up = Unless::new(&self.target.budget.counts.mine().given_up);
        let call = peer.link.call(self.message, &head);
        let reply = if patience.is_none() && peer.link.keeps_time() {
            call.await
        } else {
            let (mut call, mut give_up) = (call, Box::pin(self.give_up(began, patience)));
            tokio::select! {
                biased;
                reply = &mut call => reply,
                time = &mut give_up => Err(CallError::Bus(Error::unanswered(&peer.url, time))),
            }
        };
        drop(busy);
        if !matches!(&reply, Err(CallError::Bus(error)) if error.kind() == ErrorKind::Deadline) {
            given_up.nothing();
        }
        match &reply {
            Ok(_) | Err(CallError::App(_)) => {
                let now = clock::now();
                // Nobody is given up early whose message may not be repeated.
                if self.target.repeatable {
                    self.target.latency.note(now - began);
                }
                peer.answered(now);
            }
            Err(CallError::Bus(error)) => {
                note_attempt(self.target, peer, error, began, self.envelope.receipt());
            }
        }
        reply
    }

    /// How long to wait before another attempt would be made, if one may.
    fn patience(&self) -> Option<Duration> {
        if self.last || !self.target.repeatable {
            // To give up early makes time for another attempt. Where none can follow, it would only turn a slow answer
            // into none.
            return None;
        }
        self.target.latency.patience(self.left, self.target.peers.len() == 1)
    }

    /// Ends when the attempt is to be given up, and says after how long. What the retry budget does not allow to be repeated
    /// is not given up before its deadline.
    async fn give_up(&self, began: Instant, patience: Option<Duration>) -> Duration {
        if let Some(patience) = patience {
            clock::sleep_until(began + patience).await;
            if self.target.budget.repeat() {
                self.paid.store(true, Ordering::Relaxed);
                if patience >= self.left / 2 {
                    // The handler takes at least so long.
                    self.target.latency.note(patience);
                }
                return patience;
            }
        }
        clock::sleep_until(began + self.left).await;
        self.left
    }

    /// Notes that a copy was sent before another one had failed.
    pub(super) fn note_hedge(&self) {
        self.target.budget.counts.mine().hedges.add();
        if let Some(receipt) = self.envelope.receipt() {
            receipt.hedged();
        }
    }
}

/// Notes that an attempt failed.
pub(super) fn note_attempt(
    target: &Target,
    peer: &Arc<Peer>,
    error: &Error,
    began: Instant,
    receipt: Option<&Receipt>,
) {
    note(peer, error, began);
    if error.outcome() == Outcome::NotDone && error.kind() == ErrorKind::Unreachable {
        // No copy of the message left.
        target.budget.counts.mine().attempts.take_back();
        if let Some(receipt) = receipt {
            receipt.no_attempt();
        }
    }
}

/// What a failure says of the peer: one that refuses is there, one that is silent is not.
pub(super) fn note(peer: &Arc<Peer>, error: &Error, began: Instant) {
    match error.kind() {
        ErrorKind::Unreachable | ErrorKind::Draining => peer.breaker.away(),
        ErrorKind::Lost => drop(peer.breaker.failed()),
        ErrorKind::Deadline => peer.silent_since(began),
        _ => peer.answered(clock::now()),
    }
}
