//! The way of JSON to its handler, and of the reply back.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use super::core::Core;
use super::counted::Counted;
use super::deliver::{Target, said_by};
use super::envelope::Envelope;
use super::guard::{self, Begun, begin};
use super::mounted::Mounted;
use super::origin::Origin;
use super::stage::Stage;
use crate::handler::{Context, Input, InputKind, JsonReply, Work};
use crate::message::json::Scan;
use crate::message::{CallError, Error, ErrorReply};
use crate::testing::How;

type Reply = Result<Vec<u8>, CallError<ErrorReply>>;

/// A call with a message in JSON; a future of its own for the same reason as [`Deliver`](super::typed::Deliver).
#[must_use = "nothing is sent before it is awaited"]
pub(crate) struct Act<'a> {
    core: &'a Arc<Core>,
    bytes: &'a [u8],
    origin: &'a Origin,
    target: Target<'a>,
    stage: Stage<'a, Vec<u8>, ErrorReply>,
}

impl Core {
    /// Brings JSON to a handler.
    #[inline]
    pub(crate) fn act<'a>(
        self: &'a Arc<Self>,
        bytes: &'a [u8],
        origin: &'a Origin,
        target: Target<'a>,
    ) -> Act<'a> {
        Act { core: self, bytes, origin, target, stage: Stage::New }
    }

    /// As [`act`](Core::act), for a message that was written anew.
    pub(crate) fn act_extended<'a>(self: &'a Arc<Self>, bytes: Cow<'a, [u8]>, origin: &'a Origin) -> Act<'a> {
        let target = Target::First;
        let stage = match bytes {
            Cow::Borrowed(bytes) => return self.act(bytes, origin, target),
            Cow::Owned(bytes) => Stage::Waits(self.act_boxed(bytes, origin, target)),
        };
        Act { core: self, bytes: &[], origin, target, stage }
    }
}

impl Future for Act<'_> {
    type Output = Reply;

    #[inline]
    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Reply> {
        let mut reply = JsonReply(Poll::Pending);
        self.get_mut().step(waker, &mut reply);
        reply.0
    }
}

impl<'a> Act<'a> {
    /// Leaves the reply in `reply`, if there is one.
    #[inline(never)]
    fn step(&mut self, waker: &mut Waker<'_>, reply: &mut JsonReply) {
        if !self.stage.begins() {
            return self.stage.go_on(waker, &mut reply.0);
        }
        let Act { core, bytes, origin, target, .. } = *self;
        let envelope = origin.envelope();
        let mut scan = Scan::empty();
        if let Err(cause) = scan.fill(bytes, &core.settings.limits) {
            reply.0 = Poll::Ready(Err(CallError::Bus(core.refuse_bytes(cause, &envelope))));
            return;
        }
        if !matches!(target, Target::Handler(_)) {
            core.record_bytes(How::Called, bytes);
        }
        let found = match target {
            Target::First => {
                let past = core.skips_local && core.remote.skips_local(&scan);
                let found = if past { None } else { core.services.find(&scan) };
                found.filter(|found| !core.is_outranked(*found, &scan))
            }
            Target::Local => core.services.find(&scan),
            Target::Outside(outside) => outside.find(core, &scan),
            Target::Below(outside) => outside.find_below(core, &scan, &envelope),
            Target::Handler(index) => Some(index),
            Target::After(current) => core.next_after(current, &scan),
        };
        let Some(index) = found else {
            return self.find_elsewhere(scan, envelope, waker, reply);
        };
        let handler = core.handler(index);
        let mut counted = core.count_here(handler);
        if let Some(refusal) = core.refuses(&envelope) {
            reply.0 = Poll::Ready(Err(CallError::Bus(counted.failed(refusal, handler, &envelope))));
            return;
        }
        if !handler.is_plain(&envelope) {
            return self.run_behind(scan, counted.travels(handler), handler, envelope, waker, reply);
        }
        let begun = {
            let context = Context::new(core, handler, &envelope, Some(&scan));
            let mut input = InputKind::Json(&scan);
            begin(&context, Input(&mut input), reply, waker)
        };
        match begun {
            Begun::Ended(Ok(())) if let Poll::Ready(reply @ Ok(_)) = &reply.0 => counted.ended(reply),
            Begun::Ended(result) => end_badly(counted.travels(handler), handler, &envelope, result, reply),
            Begun::Waits(work) => self.wait(work, counted.travels(handler), handler, envelope, waker, reply),
        }
    }

    /// The handler has to wait.
    #[inline(never)]
    fn wait(
        &mut self,
        work: Pin<Box<dyn Work + 'a>>,
        counted: Counted<'a>,
        handler: &'a Mounted,
        envelope: Envelope<'a>,
        waker: &mut Waker<'_>,
        reply: &mut JsonReply,
    ) {
        let deadline = self.core.deadline(handler, &envelope);
        let rest = async move {
            let mut reply = JsonReply(Poll::Pending);
            let result = guard::wait(work, handler, deadline, &mut reply).await;
            said(counted.end(result, reply.0, handler, &envelope), handler, &envelope)
        };
        self.stage.wait_for(Box::pin(rest), waker, &mut reply.0);
    }

    /// Something stands between the bus and the handler.
    #[cold]
    #[inline(never)]
    fn run_behind(
        &mut self,
        scan: Scan<'a>,
        counted: Counted<'a>,
        handler: &'a Mounted,
        envelope: Envelope<'a>,
        waker: &mut Waker<'_>,
        reply: &mut JsonReply,
    ) {
        let core = self.core;
        let rest = async move {
            let mut reply = JsonReply(Poll::Pending);
            let result = {
                let context = Context::new(core, handler, &envelope, Some(&scan));
                core.run_behind(&context, InputKind::Json(&scan), &mut reply).await
            };
            said(counted.end(result, reply.0, handler, &envelope), handler, &envelope)
        };
        self.stage.wait_for(Box::pin(rest), waker, &mut reply.0);
    }

    /// Nobody here answers.
    #[cold]
    #[inline(never)]
    fn find_elsewhere(
        &mut self,
        scan: Scan<'a>,
        envelope: Envelope<'a>,
        waker: &mut Waker<'_>,
        reply: &mut JsonReply,
    ) {
        let Act { core, bytes, origin, target, .. } = *self;
        if let Target::After(current) = target {
            let rest = async move {
                let origin = core.origin_below(origin, current);
                core.act_elsewhere(bytes, &scan, &origin.envelope()).await
            };
            return self.stage.wait_for(Box::pin(rest), waker, &mut reply.0);
        }
        if matches!(target, Target::First) && !core.remote.is_empty() {
            let rest = async move { core.act_elsewhere(bytes, &scan, &envelope).await };
            return self.stage.wait_for(Box::pin(rest), waker, &mut reply.0);
        }
        reply.0 = Poll::Ready(Err(CallError::Bus(match target {
            Target::Outside(outside) | Target::Below(outside) if outside.hides() => {
                core.not_exposed(&envelope)
            }
            _ => core.no_handler(&scan, &envelope),
        })));
    }
}

#[cold]
#[inline(never)]
fn end_badly(
    counted: Counted<'_>,
    handler: &Mounted,
    envelope: &Envelope<'_>,
    result: Result<(), Error>,
    reply: &mut JsonReply,
) {
    let ended = std::mem::replace(&mut reply.0, Poll::Pending);
    reply.0 = Poll::Ready(said(counted.end(result, ended, handler, envelope), handler, envelope));
}

/// An error that a handler ended with says where, too.
fn said(reply: Reply, handler: &Mounted, envelope: &Envelope<'_>) -> Reply {
    reply.map_err(|error| said_by(error, handler, envelope))
}
