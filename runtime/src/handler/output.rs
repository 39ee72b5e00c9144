use std::any::Any;

use serde::Serialize;

use super::{Heard, IntoHeard};
use crate::message::ErrorKind;
use crate::message::{CallError, Error, ErrorReply, Message, Outcome};

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

/// A reply as JSON, or an error; `None` until the handler has ended.
pub(crate) type JsonReply = Option<Result<Vec<u8>, CallError<ErrorReply>>>;

/// A typed reply; `None` until the handler has ended.
pub(crate) type TypedReply<M> = Option<Result<<M as Message>::Reply, CallError<<M as Message>::Error>>>;

impl Output<'_> {
    pub(crate) fn put<M: Message>(self, reply: Result<M::Reply, CallError<M::Error>>) {
        match self.0 {
            OutputKind::Typed(any) => {
                if let Some(slot) = any.downcast_mut::<TypedReply<M>>() {
                    *slot = Some(reply);
                }
            }
            OutputKind::Json(_) | OutputKind::Discard(_) => {
                self.put_json(reply.map_err(|error| match error {
                    CallError::App(error) => CallError::App(ErrorReply::of(&error)),
                    CallError::Bus(error) => CallError::Bus(error),
                }));
            }
        }
    }

    pub(crate) fn put_json<R: Serialize>(self, reply: Result<R, CallError<ErrorReply>>) {
        match self.0 {
            OutputKind::Json(slot) => {
                **slot = Some(reply.and_then(|reply| match serde_json::to_vec(&reply) {
                    Ok(bytes) => Ok(bytes),
                    Err(cause) => Err(CallError::Bus(unwritable(&cause))),
                }));
            }
            OutputKind::Discard(slot) => **slot = Some(reply.map(drop)),
            // Only a message type's own handler is given a typed slot, and it answers by `put`.
            OutputKind::Typed(_) => {}
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
