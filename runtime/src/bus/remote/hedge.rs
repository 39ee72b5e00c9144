use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::Remote;
use super::attempt::{Reply, Sending};
use super::peer::Peer;
use crate::message::CallError;
use crate::seam::clock;

/// Below that a wait says nothing of the peer: timers and threads are not better.
const LEAST: Duration = Duration::from_millis(1);

impl Remote {
    /// One attempt, and a second one at another peer if the first is slower than nearly all before it (rule R6): for
    /// handlers that only read, within the retry budget. The first answer wins; the other attempt is dropped, by which
    /// its link cancels it.
    ///
    /// Gives how many attempts it were.
    pub(super) async fn hedged(&self, sending: &Sending<'_>, peer: &Arc<Peer>, attempt: u32) -> (Reply, u32) {
        let after =
            sending.target.latency.p99().map(|p99| p99.max(LEAST)).filter(|after| *after < sending.left);
        let (true, Some(after)) = (sending.target.peers.len() > 1, after) else {
            return (sending.attempt(peer, attempt, clock::now()).await, 1);
        };
        let mut first = pin!(sending.attempt(peer, attempt, clock::now()));
        tokio::select! {
            biased;
            reply = &mut first => return (reply, 1),
            () = clock::sleep(after) => {}
        }
        let other = sending.target.choose(Some(peer)).filter(|other| !Arc::ptr_eq(other, peer));
        let Some(other) = other else { return (first.await, 1) };
        if !sending.target.budget.repeat() {
            other.breaker.gave_up();
            return (first.await, 1);
        }
        sending.note_hedge();
        let mut second = pin!(sending.attempt(other, attempt + 1, clock::now()));
        let reply = tokio::select! {
            biased;
            reply = &mut first => if answered(&reply) { reply } else { won(sending, second.await) },
            reply = &mut second => if answered(&reply) { won(sending, reply) } else { first.await },
        };
        (reply, 2)
    }
}

/// Counts the second attempt's answer.
fn won(sending: &Sending<'_>, reply: Reply) -> Reply {
    if answered(&reply) {
        sending.target.budget.counts.mine().hedges_won.add();
    }
    reply
}

fn answered(reply: &Reply) -> bool {
    matches!(reply, Ok(_) | Err(CallError::App(_)))
}
