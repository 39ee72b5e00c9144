use std::any::Any;
use std::task::Poll;

use serde::Serialize;

use super::{Heard, IntoHeard, IntoReply};
use crate::message::ErrorKind;
use crate::message::json::path_of_end;
use crate::message::{CallError, Error, ErrorReply, Message, MessageError, Outcome};

/// Where a handler's reply goes.
#[derive(Debug)]
pub struct Output<'a>(pub(crate) &'a mut Slot);

/// What a reply is written into: a [`TypedReply`] if caller and handler share the type, a [`JsonReply`] for everybody else,
/// or an `Option<Heard>` if nobody waits for the reply and only how it ended is of interest.
pub(crate) type Slot = dyn Any + Send;

/// A typed reply; pending until the handler has ended.
///
/// It is what the caller's future gives, and so is written where it is read. A reply of two small fields that is moved
/// while it is still on its way to memory has to wait for that: 4 ns a time (measured), a tenth of a call.
pub(crate) type TypedReply<M> = Poll<Result<<M as Message>::Reply, CallError<<M as Message>::Error>>>;

/// A reply as JSON, for the same reason. A type of its own: some message's typed reply may be bytes.
#[derive(Debug)]
pub(crate) struct JsonReply(pub(crate) Poll<Result<Vec<u8>, CallError<ErrorReply>>>);

impl JsonReply {
    fn write<R: Serialize>(&mut self, reply: &R) {
        // As `serde_json::to_vec` does.
        self.0 = Poll::Ready(Ok(Vec::with_capacity(128)));
        if let Poll::Ready(Ok(bytes)) = &mut self.0
            && let Err(cause) = serde_json::to_writer(&mut *bytes, reply)
        {
            let error = unwritable(&cause, bytes);
            self.0 = Poll::Ready(Err(CallError::Bus(error)));
        }
    }
}

impl Output<'_> {
    #[inline]
    pub(crate) fn put<M: Message, T: IntoReply<M::Reply, M::Error>>(self, returned: T) {
        // The reply is made in each arm, so that in the first it is made in its place.
        match self.0.downcast_mut::<TypedReply<M>>() {
            Some(slot) => *slot = Poll::Ready(returned.into_reply()),
            None => self.put_untyped::<M>(returned.into_reply()),
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
        // Only a message type's own handler is given a typed slot, and it answers by `put`.
        match reply {
            Ok(reply) => match self.0.downcast_mut::<JsonReply>() {
                Some(slot) => slot.write(&reply),
                None => self.discard(Ok(())),
            },
            Err(error) => self.put_error(error),
        }
    }

    #[cold]
    fn put_error(self, error: CallError<ErrorReply>) {
        match self.0.downcast_mut::<JsonReply>() {
            Some(slot) => slot.0 = Poll::Ready(Err(error)),
            None => self.discard(Err(error)),
        }
    }

    fn discard(self, heard: Heard) {
        if let Some(slot) = self.0.downcast_mut::<Option<Heard>>() {
            *slot = Some(heard);
        }
    }

    /// Answers a repeat with what is stored.
    pub(crate) fn put_stored(self, stored: &Result<Vec<u8>, CallError<ErrorReply>>) {
        // Messages that are remembered travel as JSON.
        match stored {
            Ok(reply) => match self.0.downcast_mut::<JsonReply>() {
                Some(slot) => slot.0 = Poll::Ready(Ok(reply.clone())),
                None => self.discard(Ok(())),
            },
            Err(error) => self.put_error(error.clone()),
        }
    }

    /// For the macros: the end of an observer.
    #[doc(hidden)]
    pub fn heard(self, returned: impl IntoHeard) {
        self.put_json(returned.into_heard());
    }
}

#[cold]
fn unwritable(cause: &serde_json::Error, written: &[u8]) -> Error {
    let path = path_of_end(written);
    Error::new(
        ErrorKind::Unwritable,
        Outcome::Unknown,
        format!("the handler ran, but its reply cannot be written as JSON at {path}: {cause}"),
    )
    .with_path(path)
}
