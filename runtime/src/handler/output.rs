use std::any::Any;
use std::task::Poll;

use serde::Serialize;

use super::{Heard, IntoHeard, IntoReply};
use crate::message::ErrorKind;
use crate::message::{CallError, Error, ErrorReply, Message, MessageError, Outcome};

/// Where a handler's reply goes; a reference for the same reason as [`Input`](super::Input).
#[derive(Debug)]
pub struct Output<'a>(pub(crate) &'a mut OutputKind<'a>);

#[derive(Debug)]
pub(crate) enum OutputKind<'a> {
    /// `&mut TypedReply<M>`: caller and handler share the type.
    Typed(&'a mut (dyn Any + Send)),
    /// JSON for everybody else.
    Json(&'a mut JsonReply),
    /// Nobody waits for the reply; only how it ended is of interest.
    Discard(&'a mut Option<Heard>),
}

/// A typed reply; pending until the handler has ended.
///
/// It is what the caller's future gives, and so is written where it is read. A reply of two small fields that is moved
/// while it is still on its way to memory has to wait for that: 4 ns a time (measured), a tenth of a call.
pub(crate) type TypedReply<M> = Poll<Result<<M as Message>::Reply, CallError<<M as Message>::Error>>>;

/// A reply as JSON, for the same reason.
pub(crate) type JsonReply = Poll<Result<Vec<u8>, CallError<ErrorReply>>>;

fn write<R: Serialize>(slot: &mut JsonReply, reply: &R) {
    // As `serde_json::to_vec` does.
    *slot = Poll::Ready(Ok(Vec::with_capacity(128)));
    if let Poll::Ready(Ok(bytes)) = slot
        && let Err(cause) = serde_json::to_writer(bytes, reply)
    {
        *slot = Poll::Ready(Err(CallError::Bus(unwritable(&cause))));
    }
}

impl OutputKind<'_> {
    /// To be handed on, and used again afterwards.
    #[inline]
    pub(crate) fn again(&mut self) -> OutputKind<'_> {
        match self {
            OutputKind::Typed(any) => OutputKind::Typed(&mut **any),
            OutputKind::Json(slot) => OutputKind::Json(slot),
            OutputKind::Discard(slot) => OutputKind::Discard(slot),
        }
    }
}

impl Output<'_> {
    #[inline]
    pub(crate) fn put<M: Message, T: IntoReply<M::Reply, M::Error>>(self, returned: T) {
        // The reply is made in each arm, so that in the first it is made in its place.
        match self.0 {
            OutputKind::Typed(any) => {
                if let Some(slot) = any.downcast_mut::<TypedReply<M>>() {
                    *slot = Poll::Ready(returned.into_reply());
                }
            }
            OutputKind::Json(_) | OutputKind::Discard(_) => self.put_untyped::<M>(returned.into_reply()),
        }
    }

    #[inline(never)]
    fn put_untyped<M: Message>(self, reply: Result<M::Reply, CallError<M::Error>>) {
        match reply {
            Ok(reply) => self.put_json(Ok(reply)),
            Err(CallError::App(error)) => self.put_error(CallError::App(error.to_reply())),
            Err(CallError::Bus(error)) => self.put_error(CallError::Bus(error)),
        }
    }

    pub(crate) fn put_json<R: Serialize>(self, reply: Result<R, CallError<ErrorReply>>) {
        match (self.0, reply) {
            (OutputKind::Json(slot), Ok(reply)) => write(slot, &reply),
            (OutputKind::Discard(slot), Ok(_)) => **slot = Some(Ok(())),
            (output, Err(error)) => Output(output).put_error(error),
            // Only a message type's own handler is given a typed slot, and it answers by `put`.
            (OutputKind::Typed(_), Ok(_)) => {}
        }
    }

    #[cold]
    fn put_error(self, error: CallError<ErrorReply>) {
        match self.0 {
            OutputKind::Json(slot) => **slot = Poll::Ready(Err(error)),
            OutputKind::Discard(slot) => **slot = Some(Err(error)),
            OutputKind::Typed(_) => {}
        }
    }

    /// Answers a repeat with what is stored.
    pub(crate) fn put_stored(self, stored: &Result<Vec<u8>, CallError<ErrorReply>>) {
        match (self.0, stored) {
            (OutputKind::Json(slot), Ok(reply)) => **slot = Poll::Ready(Ok(reply.clone())),
            (OutputKind::Discard(slot), Ok(_)) => **slot = Some(Ok(())),
            (output, Err(error)) => Output(output).put_error(error.clone()),
            // Messages that are remembered travel as JSON.
            (OutputKind::Typed(_), Ok(_)) => {}
        }
    }

    /// For the macros: the end of an observer.
    #[doc(hidden)]
    pub fn heard(self, returned: impl IntoHeard) {
        self.put_json(returned.into_heard());
    }
}

#[cold]
fn unwritable(cause: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Unwritable,
        Outcome::Unknown,
        format!("the handler ran, but its reply cannot be written as JSON: {cause}"),
    )
}
