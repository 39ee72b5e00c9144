use std::any::Any;

use serde::Serialize;

use super::{Heard, IntoHeard, IntoReply};
use crate::message::ErrorKind;
use crate::message::{CallError, Error, ErrorReply, Message, MessageError, Outcome};

/// Where a handler's reply goes; a reference for the same reason as [`Input`](super::Input).
#[derive(Debug)]
pub struct Output<'a>(pub(crate) &'a mut OutputKind<'a>);

#[derive(Debug)]
pub(crate) enum OutputKind<'a> {
    /// `&mut Option<Result<M::Reply, CallError<M::Error>>>`: caller and handler share the type.
    Typed(&'a mut (dyn Any + Send)),
    /// JSON for everybody else.
    Json(&'a mut JsonReply),
    /// Nobody waits for the reply; only how it ended is of interest.
    Discard(&'a mut Option<Heard>),
}

/// A reply as JSON, or an error. It is written where it is read: a `Result` of bytes that is handed from function to
/// function is moved by each, which cost as much as writing a small reply (measured).
#[derive(Debug, Default)]
pub(crate) struct JsonReply {
    bytes: Vec<u8>,
    /// `None` until the handler has ended.
    end: Option<Heard>,
}

impl JsonReply {
    /// The reply; `None` if the handler did not end.
    #[inline]
    pub(crate) fn into_result(self) -> Option<Result<Vec<u8>, CallError<ErrorReply>>> {
        match self.end {
            Some(Ok(())) => Some(Ok(self.bytes)),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        }
    }

    #[inline]
    fn write<R: Serialize>(&mut self, reply: &R) {
        // As `serde_json::to_vec` does.
        self.bytes = Vec::with_capacity(128);
        self.end = Some(match serde_json::to_writer(&mut self.bytes, reply) {
            Ok(()) => Ok(()),
            Err(cause) => Err(CallError::Bus(unwritable(&cause))),
        });
    }
}

/// A typed reply; `None` until the handler has ended.
pub(crate) type TypedReply<M> = Option<Result<<M as Message>::Reply, CallError<<M as Message>::Error>>>;

impl Output<'_> {
    #[inline]
    pub(crate) fn put<M: Message, T: IntoReply<M::Reply, M::Error>>(self, returned: T) {
        // The reply is made in each arm, so that in the first it is made in its place.
        match self.0 {
            OutputKind::Typed(any) => {
                if let Some(slot) = any.downcast_mut::<TypedReply<M>>() {
                    *slot = Some(returned.into_reply());
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
            (OutputKind::Json(slot), Ok(reply)) => slot.write(&reply),
            (OutputKind::Discard(slot), Ok(_)) => **slot = Some(Ok(())),
            (output, Err(error)) => Output(output).put_error(error),
            // Only a message type's own handler is given a typed slot, and it answers by `put`.
            (OutputKind::Typed(_), Ok(_)) => {}
        }
    }

    #[cold]
    fn put_error(self, error: CallError<ErrorReply>) {
        match self.0 {
            OutputKind::Json(slot) => slot.end = Some(Err(error)),
            OutputKind::Discard(slot) => **slot = Some(Err(error)),
            OutputKind::Typed(_) => {}
        }
    }

    /// Answers a repeat with what is stored.
    pub(crate) fn put_stored(self, stored: &Result<Vec<u8>, CallError<ErrorReply>>) {
        match (self.0, stored) {
            (OutputKind::Json(slot), Ok(reply)) => {
                slot.bytes.clone_from(reply);
                slot.end = Some(Ok(()));
            }
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
