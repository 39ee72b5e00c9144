//! The way of a typed message to another process.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll, ready};

use super::core::Core;
use super::deliver::named;
use super::envelope::Envelope;
use super::origin::Origin;
use super::remote::{Begin, Failed, Usual, Way};
use crate::handler::BoxFuture;
use crate::message::json::Scan;
use crate::message::{CallError, Error, ErrorReply, Id};
use crate::seam::clock::Instant;

type Reply = Result<Vec<u8>, CallError<ErrorReply>>;

/// A call that has left, as most do: small, for what [`Usual`] says. It goes on in a box if its first attempt fails.
struct Away<'a> {
    core: &'a Arc<Core>,
    origin: &'a Origin,
    bytes: Vec<u8>,
    id: Id,
    deadline: Instant,
    step: Step<'a>,
}

enum Step<'a> {
    First(Usual),
    Rest(BoxFuture<'a, Reply>),
}

impl Core {
    /// Calls whoever answers a typed message in another process: `first`, if that could be told without a look at the
    /// bytes. A trait object, compiled with matchbus, and not with every program that awaits it.
    pub(super) fn act_away<'a>(
        self: &'a Arc<Self>,
        origin: &'a Origin,
        bytes: Vec<u8>,
        first: Option<Arc<Way>>,
    ) -> BoxFuture<'a, Reply> {
        let envelope = origin.envelope();
        let first =
            first.filter(|_| self.settings.limits.are_surely_kept(&bytes) && envelope.below().is_none());
        let (Some(way), None) = (first, self.refuses(&envelope)) else {
            return Box::pin(self.act_unusually(origin, bytes, None));
        };
        let known = |envelope: &Envelope<'_>| (envelope.id(), envelope.deadline(self.settings.budget));
        match Usual::begin(&bytes, &envelope, &self.settings, way) {
            Begin::Waits(usual) => {
                let (id, deadline) = known(&envelope);
                Box::pin(Away { core: self, origin, bytes, id, deadline, step: Step::First(usual) })
            }
            Begin::Failed(failed) => Box::pin(self.act_again(origin, bytes, known(&envelope), failed)),
            Begin::Unusual(way) => Box::pin(self.act_unusually(origin, bytes, Some(way))),
        }
    }

    async fn act_unusually(&self, origin: &Origin, bytes: Vec<u8>, first: Option<Arc<Way>>) -> Reply {
        let envelope = origin.envelope();
        let scan = || Scan::read(&bytes, &self.settings.limits);
        let find = || self.find_away(&scan().ok()?, &envelope);
        let first = match first {
            None => self.find_away(&scan().map_err(|cause| self.refuse_bytes(cause, &envelope))?, &envelope),
            Some(way) => Some(Arc::clone(way.target())),
        };
        self.refuses_to_send(&envelope)?;
        let reply = self.remote.call(&bytes, &envelope, &self.settings, first, &find).await;
        self.replied(reply, &bytes, &envelope)
    }

    /// After an attempt that failed.
    async fn act_again(
        &self,
        origin: &Origin,
        bytes: Vec<u8>,
        (id, deadline): (Id, Instant),
        failed: Failed,
    ) -> Reply {
        let envelope = Envelope::again(origin, id, deadline);
        let find = || self.find_away(&Scan::read(&bytes, &self.settings.limits).ok()?, &envelope);
        let reply = self.remote.call_again(&bytes, &envelope, &self.settings, failed, &find).await;
        self.replied(reply, &bytes, &envelope)
    }

    fn replied(&self, reply: Option<Reply>, bytes: &[u8], envelope: &Envelope<'_>) -> Reply {
        if let Some(reply) = reply {
            return reply.map_err(|error| named(error, envelope));
        }
        let scan = Scan::read(bytes, &self.settings.limits).map_err(Error::malformed)?;
        Err(CallError::Bus(self.no_handler_anywhere(&scan, envelope)))
    }
}

impl Future for Away<'_> {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Reply> {
        let Away { core, origin, bytes, id, deadline, step } = &mut *self;
        if let Step::First(usual) = step {
            let receipt = origin.rare.as_ref().and_then(|rare| rare.receipt.as_ref());
            match ready!(usual.poll(waker, receipt)) {
                Ok(reply) => return Poll::Ready(reply),
                Err(failed) => {
                    let rest = core.act_again(origin, mem::take(bytes), (*id, *deadline), failed);
                    *step = Step::Rest(Box::pin(rest));
                }
            }
        }
        match step {
            Step::Rest(rest) => rest.as_mut().poll(waker),
            Step::First(_) => Poll::Pending,
        }
    }
}
