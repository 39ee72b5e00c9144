//! The usual call to another process: one attempt that nothing cuts short, answered.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::attempt::{Reply, note_attempt};
use super::peer::Peer;
use super::target::Target;
use super::types::Way;
use crate::bus::Envelope;
use crate::bus::settings::Settings;
use crate::message::{CallError, Error, Receipt};
use crate::seam::clock::{self, Instant};
use crate::transport::quick;

/// A first attempt on its way. It owns no more than the wait needs, since whatever thread it goes on at has to fetch all
/// that it looks at then.
#[derive(Debug)]
pub(crate) struct Usual {
    way: Arc<Way>,
    /// Which of the way's peers.
    peer: usize,
    began: Instant,
    call: quick::Begun,
    ended: bool,
}

/// Who failed, and why.
pub(crate) type Failed = (Arc<Target>, Arc<Peer>, Error);

/// What became of a call that was to go the usual way.
pub(crate) enum Begin {
    Waits(Usual),
    Failed(Failed),
    /// It is not of the usual kind; nothing was done.
    Unusual(Arc<Way>),
}

impl Usual {
    /// Begins a call if it is of the usual kind: to a [`Target::usual`] that has a peer which may be asked now.
    pub(crate) fn begin(
        message: &[u8],
        envelope: &Envelope<'_>,
        settings: &Settings,
        way: Arc<Way>,
    ) -> Begin {
        let target: &Target = &way;
        let now = clock::now();
        let left = envelope.deadline_from(|| now, settings.budget).saturating_duration_since(now);
        if !target.usual || left.is_zero() {
            return Begin::Unusual(way);
        }
        let Some((at, peer)) = target.choose_at(None) else { return Begin::Unusual(way) };
        let Some(link) = peer.link.quick() else { return Begin::Unusual(way) };
        target.budget.message(now);
        target.budget.counts.mine().attempts.add();
        let receipt = envelope.receipt();
        if let Some(receipt) = receipt {
            receipt.attempt();
        }
        peer.begin();
        match link.begin(message, &envelope.head(0, left), now) {
            Ok(call) => Begin::Waits(Usual { way, peer: at, began: now, call, ended: false }),
            Err(error) => {
                peer.end();
                note_attempt(target, peer, &error, now, receipt);
                Begin::Failed((Arc::clone(way.target()), Arc::clone(peer), error))
            }
        }
    }

    /// The reply, or who failed.
    pub(crate) fn poll(
        &mut self,
        waker: &mut Context<'_>,
        receipt: Option<&Receipt>,
    ) -> Poll<Result<Reply, Failed>> {
        let came = ready!(Pin::new(&mut self.call.came).poll(waker));
        self.ended = true;
        let (target, peer) = (&self.way, &self.way.peers[self.peer]);
        peer.end();
        Poll::Ready(match came.unwrap_or_else(|_| Err(CallError::Bus(quick::abandoned()))) {
            Err(CallError::Bus(error)) => {
                if error.is_deadline() {
                    target.budget.counts.mine().given_up.add();
                }
                note_attempt(target, peer, &error, self.began, receipt);
                Err((Arc::clone(target.target()), Arc::clone(peer), error))
            }
            reply => {
                peer.answered(clock::now());
                Ok(reply)
            }
        })
    }
}

impl Drop for Usual {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let peer = &self.way.peers[self.peer];
        if let Some(link) = peer.link.quick() {
            link.take_back(self.call.ticket);
        }
        // The caller went away.
        self.way.budget.counts.mine().given_up.add();
        peer.end();
    }
}
