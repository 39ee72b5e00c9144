//! The way of JSON to its handler, and of the reply back.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use super::core::{Core, Counted};
use super::deliver::{Target, said_by, silent};
use super::envelope::Envelope;
use super::guard::{self, Begun, begin};
use super::mounted::Mounted;
use super::origin::Origin;
use crate::handler::{BoxFuture, Context, Input, InputKind, OutputKind, Work};
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
    stage: Stage<'a>,
}

enum Stage<'a> {
    New,
    Waits(BoxFuture<'a, Reply>),
    Ended,
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

    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Reply> {
        let this = self.get_mut();
        let mut polled = Poll::Pending;
        match &mut this.stage {
            Stage::New => this.begin(waker, &mut polled),
            Stage::Waits(rest) => polled = rest.as_mut().poll(waker),
            Stage::Ended => polled = Poll::Ready(Err(CallError::Bus(silent()))),
        }
        if polled.is_ready() {
            this.stage = Stage::Ended;
        }
        polled
    }
}

impl<'a> Act<'a> {
    /// Leaves the reply in `reply`, if the handler ends at once.
    #[inline(always)]
    fn begin(&mut self, waker: &mut Waker<'_>, reply: &mut Poll<Reply>) {
        let Act { core, bytes, origin, target, .. } = *self;
        let envelope = origin.envelope();
        let mut scan = Scan::empty();
        if let Err(cause) = scan.fill(bytes, &core.settings.limits) {
            *reply = Poll::Ready(Err(CallError::Bus(core.refuse_bytes(cause, &envelope))));
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
            Target::Handler(index) => Some(index),
            Target::After(current) => core.next_after(current, &scan),
        };
        let Some(index) = found else {
            *reply = self.find_elsewhere(scan, envelope, waker);
            return;
        };
        let handler = core.handler(index);
        let counted = core.count(handler);
        if let Some(refusal) = core.refuses(&envelope) {
            *reply = Poll::Ready(Err(CallError::Bus(counted.failed(refusal, handler, &envelope))));
            return;
        }
        if !handler.is_plain(&envelope) {
            *reply = self.run_behind(scan, counted, handler, envelope, waker);
            return;
        }
        let begun = {
            let context = Context::new(core, handler, &envelope, Some(&scan));
            let mut input = InputKind::Json(&scan);
            begin(&context, Input(&mut input), &mut OutputKind::Json(reply), waker)
        };
        match begun {
            Begun::Ended(result) => end(counted, handler, &envelope, result, reply),
            Begun::Waits(work) => *reply = self.wait(work, counted, handler, envelope, waker),
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
    ) -> Poll<Reply> {
        let deadline = self.core.deadline(handler, &envelope);
        let rest = async move {
            let mut reply = Poll::Pending;
            let result = guard::wait(work, deadline, &mut OutputKind::Json(&mut reply)).await;
            end(counted, handler, &envelope, result, &mut reply);
            ready(reply)
        };
        self.wait_for(Box::pin(rest), waker)
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
    ) -> Poll<Reply> {
        let core = self.core;
        let rest = async move {
            let mut reply = Poll::Pending;
            let result = {
                let context = Context::new(core, handler, &envelope, Some(&scan));
                let mut output = OutputKind::Json(&mut reply);
                core.run_behind(&context, InputKind::Json(&scan), &mut output).await
            };
            end(counted, handler, &envelope, result, &mut reply);
            ready(reply)
        };
        self.wait_for(Box::pin(rest), waker)
    }

    /// Nobody here answers.
    #[cold]
    #[inline(never)]
    fn find_elsewhere(
        &mut self,
        scan: Scan<'a>,
        envelope: Envelope<'a>,
        waker: &mut Waker<'_>,
    ) -> Poll<Reply> {
        let Act { core, bytes, target, .. } = *self;
        if matches!(target, Target::First) && !core.remote.is_empty() {
            let rest = async move { core.act_elsewhere(bytes, &scan, &envelope).await };
            return self.wait_for(Box::pin(rest), waker);
        }
        Poll::Ready(Err(CallError::Bus(match target {
            Target::Outside(outside) if outside.hides() => core.not_exposed(&envelope),
            _ => core.no_handler(&scan, &envelope),
        })))
    }

    fn wait_for(&mut self, mut rest: BoxFuture<'a, Reply>, waker: &mut Waker<'_>) -> Poll<Reply> {
        let polled = rest.as_mut().poll(waker);
        if polled.is_pending() {
            self.stage = Stage::Waits(rest);
        }
        polled
    }
}

/// Sees to it that there is a reply or an error, and counts how it ended.
#[inline(always)]
fn end(
    counted: Counted<'_>,
    handler: &Mounted,
    envelope: &Envelope<'_>,
    result: Result<(), Error>,
    reply: &mut Poll<Reply>,
) {
    match (result, &*reply) {
        (Ok(()), Poll::Ready(Ok(_))) => counted.replied(),
        (result, _) => end_badly(counted, handler, envelope, result, reply),
    }
}

#[cold]
#[inline(never)]
fn end_badly(
    counted: Counted<'_>,
    handler: &Mounted,
    envelope: &Envelope<'_>,
    result: Result<(), Error>,
    reply: &mut Poll<Reply>,
) {
    if let Err(error) = result {
        *reply = Poll::Ready(Err(CallError::Bus(counted.failed(error, handler, envelope))));
        return;
    }
    let ended = ready(std::mem::replace(reply, Poll::Pending));
    let ended = ended.map_err(|error| said_by(error, handler, envelope));
    counted.ended(&ended);
    *reply = Poll::Ready(ended);
}

/// The reply of a handler that has ended.
fn ready(reply: Poll<Reply>) -> Reply {
    match reply {
        Poll::Ready(reply) => reply,
        Poll::Pending => Err(CallError::Bus(silent())),
    }
}
