//! The way of a typed message to its handler, and of the reply back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use super::core::{Core, Counted};
use super::deliver::{Choice, Reply, Takes, Target, encode, encode_in, silent, typed_reply, value_of};
use super::envelope::Envelope;
use super::guard::{self, Begun, begin};
use super::mounted::Mounted;
use super::origin::Origin;
use crate::handler::{BoxFuture, Context, Input, InputKind, OutputKind, TypedReply, Work};
use crate::message::{CallError, Error, ErrorReply, Message};
use crate::testing::How;

/// A call with a typed message.
///
/// A future of its own and not an `async` block: nearly all calls end when they are first polled, and what they need until
/// then is on the stack. An `async` block keeps all of it in itself, which costs a small call a third of its time
/// (measured). Whatever takes another way, or has to wait, goes on in a box.
#[must_use = "nothing is sent before it is awaited"]
pub(crate) struct Deliver<'a, M: Message, P> {
    core: &'a Arc<Core>,
    route: Option<u32>,
    origin: &'a Origin,
    after: Option<u32>,
    parcel: P,
    stage: Stage<'a, M>,
}

enum Stage<'a, M: Message> {
    New,
    Waits(BoxFuture<'a, Reply<M>>),
    /// For the reply of another process.
    Away(BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>>),
    Ended,
}

/// A typed message. It stays where its sender has put it until the handler takes it.
pub(crate) trait Parcel<'a, M>: Send + Sized + 'a {
    /// The message; `None` after it was taken.
    fn message(&self) -> Option<&M>;

    /// The message for the handler; `copy` is where it is put if it has to be copied.
    fn input<'s>(&'s mut self, choice: Choice, copy: &'s mut Option<M>) -> InputKind<'s, 'a>;

    /// All of it, to be sent another way.
    fn take(&mut self) -> Self;
}

/// A message that is given away.
pub(crate) struct Given<M>(pub(crate) Option<M>);

impl<'a, M: Message> Parcel<'a, M> for Given<M> {
    #[inline]
    fn message(&self) -> Option<&M> {
        self.0.as_ref()
    }

    #[inline]
    fn input<'s>(&'s mut self, _: Choice, _: &'s mut Option<M>) -> InputKind<'s, 'a> {
        InputKind::Owned(&mut self.0)
    }

    fn take(&mut self) -> Self {
        Given(self.0.take())
    }
}

/// A message that the caller keeps; it is copied for a handler that wants one of its own.
pub(crate) struct Lent<'a, M>(pub(crate) &'a M);

impl<'a, M: Message + Clone> Parcel<'a, M> for Lent<'a, M> {
    #[inline]
    fn message(&self) -> Option<&M> {
        Some(self.0)
    }

    #[inline]
    fn input<'s>(&'s mut self, choice: Choice, copy: &'s mut Option<M>) -> InputKind<'s, 'a> {
        if choice.takes == Takes::Lent {
            return InputKind::Borrowed(self.0);
        }
        *copy = Some(self.0.clone());
        InputKind::Owned(copy)
    }

    fn take(&mut self) -> Self {
        Lent(self.0)
    }
}

impl Core {
    /// Brings a typed message to the handler that answers it; with `after`, to the next one after that handler.
    #[inline]
    pub(crate) fn deliver<'a, 'm: 'a, M: Message, P: Parcel<'m, M>>(
        self: &'a Arc<Self>,
        route: Option<u32>,
        origin: &'a Origin,
        after: Option<u32>,
        parcel: P,
    ) -> Deliver<'a, M, P> {
        Deliver { core: self, route, origin, after, parcel, stage: Stage::New }
    }
}

/// Nothing in it is pinned: what has to be is in a box.
impl<M: Message, P> Unpin for Deliver<'_, M, P> {}

impl<'a, 'm: 'a, M: Message, P: Parcel<'m, M>> Future for Deliver<'a, M, P> {
    type Output = Reply<M>;

    #[inline]
    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Reply<M>> {
        let this = self.get_mut();
        let mut polled = Poll::Pending;
        match &mut this.stage {
            Stage::New => this.begin(waker, &mut polled),
            Stage::Waits(rest) => polled = rest.as_mut().poll(waker),
            Stage::Away(rest) => polled = rest.as_mut().poll(waker).map(typed_reply::<M>),
            Stage::Ended => polled = Poll::Ready(Err(CallError::Bus(silent()))),
        }
        if polled.is_ready() {
            this.stage = Stage::Ended;
        }
        polled
    }
}

impl<'a, 'm: 'a, M: Message, P: Parcel<'m, M>> Deliver<'a, M, P> {
    /// Leaves the reply in `reply`, if the handler ends at once.
    #[inline(always)]
    fn begin(&mut self, waker: &mut Waker<'_>, reply: &mut TypedReply<M>) {
        let Deliver { core, route, origin, after, .. } = *self;
        if (core.recorder.is_some() || core.skips_local || origin.has_kept())
            && let Some(polled) = self.begin_specially(waker)
        {
            *reply = polled;
            return;
        }
        let chosen = self.parcel.message().and_then(|message| core.choose(route, message, origin, after));
        let Some(choice) = chosen else {
            *reply = self.find_elsewhere(waker);
            return;
        };
        let handler = core.handler(choice.handler);
        if choice.takes == Takes::Json || !handler.plain {
            *reply = self.hand_over_specially(choice, waker);
            return;
        }
        let envelope = origin.envelope();
        let counted = core.count(handler);
        if let Some(refusal) = core.refuses(&envelope) {
            *reply = Poll::Ready(Err(CallError::Bus(counted.failed(refusal, handler, &envelope))));
            return;
        }
        let mut copy = None;
        let begun = {
            let context = Context::new(core, handler, &envelope, None);
            let mut input = self.parcel.input(choice, &mut copy);
            begin(&context, Input(&mut input), &mut OutputKind::Typed(reply), waker)
        };
        match begun {
            Begun::Ended(result) => end::<M>(counted, handler, &envelope, result, reply),
            Begun::Waits(work) => *reply = self.wait(work, counted, handler, envelope, waker),
        }
    }

    /// For origins and buses that have what few have; `None` if the message then goes the usual way.
    #[cold]
    #[inline(never)]
    fn begin_specially(&mut self, waker: &mut Waker<'_>) -> Option<Poll<Reply<M>>> {
        let Deliver { core, route, origin, after, .. } = *self;
        if let Some(origin) = origin.again::<M>() {
            let parcel = self.parcel.take();
            let rest = async move { core.deliver(route, &origin, after, parcel).await };
            return Some(self.wait_for(Box::pin(rest), waker));
        }
        let message = self.parcel.message()?;
        if let Some(recorder) = &core.recorder {
            match value_of(message, origin.extend()) {
                Ok(message) => recorder.record(How::Called, message),
                Err(error) => return Some(Poll::Ready(Err(CallError::Bus(error)))),
            }
        }
        let past = after.is_none() && core.is_taken_past(message, origin);
        past.then(|| self.find_elsewhere(waker))
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
    ) -> Poll<Reply<M>> {
        let deadline = self.core.deadline(handler, &envelope);
        let rest = async move {
            let mut reply: TypedReply<M> = Poll::Pending;
            let result = guard::wait(work, deadline, &mut OutputKind::Typed(&mut reply)).await;
            end::<M>(counted, handler, &envelope, result, &mut reply);
            ready::<M>(reply)
        };
        self.wait_for(Box::pin(rest), waker)
    }

    /// Caller and handler do not share the type, or something stands between the bus and the handler.
    #[cold]
    #[inline(never)]
    fn hand_over_specially(&mut self, choice: Choice, waker: &mut Waker<'_>) -> Poll<Reply<M>> {
        let (core, origin, mut parcel) = (self.core, self.origin, self.parcel.take());
        if choice.takes == Takes::Json {
            let bytes = parcel.message().map(|message| encode(message, origin.extend())).transpose()?;
            drop(parcel);
            let target = Target::Handler(choice.handler);
            let rest = core.deliver_as_json::<M>(target, origin, bytes.unwrap_or_default());
            return self.wait_for(Box::pin(rest), waker);
        }
        let rest = async move {
            let (handler, envelope) = (core.handler(choice.handler), origin.envelope());
            let counted = core.count(handler);
            if let Some(refusal) = core.refuses(&envelope) {
                return Err(CallError::Bus(counted.failed(refusal, handler, &envelope)));
            }
            let (mut reply, mut copy): (TypedReply<M>, _) = (Poll::Pending, None);
            let result = {
                let context = Context::new(core, handler, &envelope, None);
                let input = parcel.input(choice, &mut copy);
                core.run_behind(&context, input, &mut OutputKind::Typed(&mut reply)).await
            };
            end::<M>(counted, handler, &envelope, result, &mut reply);
            ready::<M>(reply)
        };
        self.wait_for(Box::pin(rest), waker)
    }

    /// Nobody here answers.
    #[cold]
    #[inline(never)]
    fn find_elsewhere(&mut self, waker: &mut Waker<'_>) -> Poll<Reply<M>> {
        let (core, origin, parcel) = (self.core, self.origin, self.parcel.take());
        let Some(message) = parcel.message() else { return Poll::Ready(Err(CallError::Bus(silent()))) };
        if self.after.is_some() || core.remote.is_empty() {
            return Poll::Ready(Err(CallError::Bus(core.nobody(message, origin, &origin.envelope()))));
        }
        let extend = origin.extend();
        let found = match extend {
            None => core.remote.find_typed(&M::INFO, &|field, see| message.key(field, see)),
            Some(_) => None,
        };
        let bytes = encode_in(message, extend, found.as_ref().map_or(0, |found| found.length()))?;
        if let Some(found) = &found {
            found.note_length(bytes.len());
        }
        drop(parcel);
        let mut rest = core.act_away(origin, bytes, found);
        let polled = rest.as_mut().poll(waker).map(typed_reply::<M>);
        if polled.is_pending() {
            self.stage = Stage::Away(rest);
        }
        polled
    }

    fn wait_for(&mut self, mut rest: BoxFuture<'a, Reply<M>>, waker: &mut Waker<'_>) -> Poll<Reply<M>> {
        let polled = rest.as_mut().poll(waker);
        if polled.is_pending() {
            self.stage = Stage::Waits(rest);
        }
        polled
    }
}

/// Sees to it that there is a reply or an error, and counts how it ended.
#[inline(always)]
fn end<M: Message>(
    counted: Counted<'_>,
    handler: &Mounted,
    envelope: &Envelope<'_>,
    result: Result<(), Error>,
    reply: &mut TypedReply<M>,
) {
    match (result, &*reply) {
        (Ok(()), Poll::Ready(reply)) => counted.ended(reply),
        (Ok(()), Poll::Pending) => *reply = Poll::Ready(Err(CallError::Bus(silent()))),
        (Err(error), _) => {
            *reply = Poll::Ready(Err(CallError::Bus(counted.failed(error, handler, envelope))));
        }
    }
}

/// The reply of a handler that has ended.
fn ready<M: Message>(reply: TypedReply<M>) -> Reply<M> {
    match reply {
        Poll::Ready(reply) => reply,
        Poll::Pending => Err(CallError::Bus(silent())),
    }
}
