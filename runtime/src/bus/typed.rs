//! The way of a typed message to its handler, and of the reply back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use super::core::Core;
use super::counted::Counted;
use super::deliver::{Reply, Takes, Target, encode, encode_in, silent, typed_reply, value_of};
use super::envelope::Envelope;
use super::guard::{self, Begun, begin};
use super::mounted::Mounted;
use super::origin::Origin;
use super::stage::Stage;
use crate::handler::{Context, Input, InputKind, TypedReply, Work};
use crate::message::{CallError, Message};
use crate::testing::How;

/// A call with a typed message.
///
/// A future of its own and not an `async` block: nearly all calls end when they are first polled, and what they need until
/// then is on the stack. An `async` block keeps all of it in itself, which costs a small call a third of its time
/// (measured). Whatever takes another way, or has to wait, goes on in a box.
///
/// The message stands apart from the stage: side by side they are moved as one piece, the stage's empty room included, by a
/// `memcpy` that has to wait for the message to be written (measured: a fiftieth of a call).
#[must_use = "nothing is sent before it is awaited"]
#[repr(C)]
pub(crate) struct Deliver<'a, M: Message, P> {
    parcel: P,
    core: &'a Arc<Core>,
    origin: &'a Origin,
    route: Option<u32>,
    after: Option<u32>,
    stage: Stage<'a, M::Reply, M::Error>,
}

/// A typed message. It stays where its sender has put it until the handler takes it.
pub(crate) trait Parcel<'a, M>: Send + Sized + 'a {
    /// The message; `None` after it was taken.
    fn message(&self) -> Option<&M>;

    /// The message for the handler; `copy` is where it is put if it has to be copied.
    fn input<'s>(&'s mut self, takes: Takes, copy: &'s mut Option<M>) -> InputKind<'s, 'a>;

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
    fn input<'s>(&'s mut self, _: Takes, _: &'s mut Option<M>) -> InputKind<'s, 'a> {
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
    fn input<'s>(&'s mut self, takes: Takes, copy: &'s mut Option<M>) -> InputKind<'s, 'a> {
        if takes == Takes::Lent {
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
        Deliver { core: self, route, origin, after, stage: Stage::New, parcel }
    }
}

/// Nothing in it is pinned: what has to be is in a box.
impl<M: Message, P> Unpin for Deliver<'_, M, P> {}

impl<'a, 'm: 'a, M: Message, P: Parcel<'m, M>> Future for Deliver<'a, M, P> {
    type Output = Reply<M>;

    #[inline]
    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Reply<M>> {
        let mut reply = Poll::Pending;
        self.get_mut().step(waker, &mut reply);
        reply
    }
}

impl<'a, 'm: 'a, M: Message, P: Parcel<'m, M>> Deliver<'a, M, P> {
    /// Leaves the reply in `reply`, if there is one. A function of its own, so that the reply is where the caller has it.
    #[inline(never)]
    fn step(&mut self, waker: &mut Waker<'_>, reply: &mut TypedReply<M>) {
        if !self.stage.begins() {
            return self.stage.go_on(waker, reply);
        }
        let Deliver { core, route, origin, after, .. } = *self;
        let usual = if after.is_none() { core.usual::<M>(route, origin) } else { None };
        let (handler, takes) = match usual {
            Some(choice) => choice,
            None => match self.choose(waker, reply) {
                Some(choice) => choice,
                None => return,
            },
        };
        if takes == Takes::Json || !handler.plain {
            return self.hand_over_specially(handler, takes, waker, reply);
        }
        let envelope = origin.envelope();
        let mut counted = core.count_here(handler);
        if let Some(refusal) = core.refuses(&envelope) {
            *reply = Poll::Ready(Err(CallError::Bus(counted.failed(refusal, handler, &envelope))));
            return;
        }
        let mut copy = None;
        let begun = {
            let context = Context::new(core, handler, &envelope, None);
            let mut input = self.parcel.input(takes, &mut copy);
            begin(&context, Input(&mut input), reply, waker)
        };
        match begun {
            Begun::Ended(Ok(())) => match &*reply {
                Poll::Ready(reply) => counted.ended(reply),
                Poll::Pending => *reply = Poll::Ready(Err(CallError::Bus(silent()))),
            },
            Begun::Ended(Err(error)) => {
                *reply = Poll::Ready(Err(CallError::Bus(counted.failed(error, handler, &envelope))));
            }
            Begun::Waits(work) => self.wait(work, counted.travels(handler), handler, envelope, waker, reply),
        }
    }

    /// The handler of a message whose way is not as usual; `None` if the message has gone it.
    #[inline(never)]
    fn choose(&mut self, waker: &mut Waker<'_>, reply: &mut TypedReply<M>) -> Option<(&'a Mounted, Takes)> {
        let Deliver { core, route, origin, after, .. } = *self;
        if (!core.usual || origin.has_kept()) && self.begin_specially(waker, reply) {
            return None;
        }
        let chosen = self.parcel.message().and_then(|message| core.choose(route, message, origin, after));
        let Some(choice) = chosen else {
            self.find_elsewhere(waker, reply);
            return None;
        };
        Some((core.handler(choice.handler), choice.takes))
    }

    /// For origins and buses that have what few have; `false` if the message goes the usual way all the same.
    #[cold]
    fn begin_specially(&mut self, waker: &mut Waker<'_>, reply: &mut TypedReply<M>) -> bool {
        let Deliver { core, route, origin, after, .. } = *self;
        if let Some(origin) = origin.again::<M>() {
            let parcel = self.parcel.take();
            let rest = async move { core.deliver(route, &origin, after, parcel).await };
            self.stage.wait_for(Box::pin(rest), waker, reply);
            return true;
        }
        let Some(message) = self.parcel.message() else { return false };
        if let Some(recorder) = &core.recorder {
            match value_of(message, origin.extend()) {
                Ok(message) => recorder.record(How::Called, message),
                Err(error) => {
                    *reply = Poll::Ready(Err(CallError::Bus(error)));
                    return true;
                }
            }
        }
        let past = after.is_none() && core.is_taken_past(message, origin);
        if past {
            self.find_elsewhere(waker, reply);
        }
        past
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
        reply: &mut TypedReply<M>,
    ) {
        let deadline = self.core.deadline(handler, &envelope);
        let rest = async move {
            let mut reply: TypedReply<M> = Poll::Pending;
            let result = guard::wait(work, handler, deadline, &mut reply).await;
            counted.end(result, reply, handler, &envelope)
        };
        self.stage.wait_for(Box::pin(rest), waker, reply);
    }

    /// Caller and handler do not share the type, or something stands between the bus and the handler.
    #[cold]
    #[inline(never)]
    fn hand_over_specially(
        &mut self,
        handler: &'a Mounted,
        takes: Takes,
        waker: &mut Waker<'_>,
        reply: &mut TypedReply<M>,
    ) {
        let (core, origin, mut parcel) = (self.core, self.origin, self.parcel.take());
        if takes == Takes::Json {
            let bytes = parcel.message().map(|message| encode(message, origin.extend())).transpose();
            drop(parcel);
            match bytes {
                Ok(bytes) => {
                    let target = Target::Handler(handler.flow);
                    let rest = core.deliver_as_json::<M>(target, origin, bytes.unwrap_or_default());
                    self.stage.wait_for(Box::pin(rest), waker, reply);
                }
                Err(error) => *reply = Poll::Ready(Err(CallError::Bus(error))),
            }
            return;
        }
        let rest = async move {
            let envelope = origin.envelope();
            let counted = core.count(handler);
            if let Some(refusal) = core.refuses(&envelope) {
                return Err(CallError::Bus(counted.failed(refusal, handler, &envelope)));
            }
            let (mut reply, mut copy): (TypedReply<M>, _) = (Poll::Pending, None);
            let result = {
                let context = Context::new(core, handler, &envelope, None);
                let input = parcel.input(takes, &mut copy);
                core.run_behind(&context, input, &mut reply).await
            };
            counted.end(result, reply, handler, &envelope)
        };
        self.stage.wait_for(Box::pin(rest), waker, reply);
    }

    /// Nobody here answers.
    #[cold]
    #[inline(never)]
    fn find_elsewhere(&mut self, waker: &mut Waker<'_>, reply: &mut TypedReply<M>) {
        let (core, origin, parcel) = (self.core, self.origin, self.parcel.take());
        let Some(message) = parcel.message() else {
            *reply = Poll::Ready(Err(CallError::Bus(silent())));
            return;
        };
        if let Some(current) = self.after {
            let bytes = encode(message, origin.extend());
            drop(parcel);
            match bytes {
                Ok(bytes) => {
                    self.stage = Stage::Away(core.act_after(origin, bytes, current), typed_reply::<M>);
                    self.stage.go_on(waker, reply);
                }
                Err(error) => *reply = Poll::Ready(Err(CallError::Bus(error))),
            }
            return;
        }
        if core.remote.is_empty() {
            *reply = Poll::Ready(Err(CallError::Bus(core.nobody(message, origin, &origin.envelope()))));
            return;
        }
        let extend = origin.extend();
        let found = match extend {
            None => core.remote.find_typed(&M::INFO, &|field, see| message.key(field, see)),
            Some(_) => None,
        };
        let room = found.as_ref().map_or(0, |found| found.length());
        let bytes = match encode_in(message, extend, room) {
            Ok(bytes) => bytes,
            Err(error) => {
                *reply = Poll::Ready(Err(CallError::Bus(error)));
                return;
            }
        };
        if let Some(found) = &found {
            found.note_length(bytes.len());
        }
        drop(parcel);
        self.stage = Stage::Away(core.act_away(origin, bytes, found), typed_reply::<M>);
        self.stage.go_on(waker, reply);
    }
}
