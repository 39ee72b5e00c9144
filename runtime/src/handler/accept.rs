use serde::Serialize;
use serde_json::Value;

use super::{Held, Input, Output};
use crate::message::{CallError, Error, ErrorReply, Message, MessageError, MessageInfo};

/// What may stand as the first argument of a handler: a [`Message`] or any JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "the first argument of a handler is its message",
    note = "add `#[derive(Message, Serialize, Deserialize)]` and `#[message(key = \"value\", …, reply(R))]` to `{Self}`",
    note = "or take `matchbus::Value`, and be given any JSON"
)]
pub trait Incoming: Sized + Send + Sync + 'static {
    /// The message type; `None` for any JSON.
    const MESSAGE: Option<&'static MessageInfo>;

    /// Takes the message out of what came.
    #[doc(hidden)]
    fn take(input: Input<'_, '_>) -> Result<Self, Error>;

    /// The message of a handler that takes `&M`.
    #[doc(hidden)]
    fn hold<'a>(input: Input<'_, 'a>) -> Result<Held<'a, Self>, Error> {
        input.hold()
    }
}

impl<M: Message> Incoming for M {
    const MESSAGE: Option<&'static MessageInfo> = Some(&M::INFO);

    #[inline]
    fn take(input: Input<'_, '_>) -> Result<Self, Error> {
        input.take()
    }
}

impl Incoming for Value {
    const MESSAGE: Option<&'static MessageInfo> = None;

    fn take(input: Input<'_, '_>) -> Result<Self, Error> {
        input.take_value()
    }
}

/// Ties a message to what its handler may return.
#[diagnostic::on_unimplemented(
    // A message that is none: about those that are one, `IntoReply` speaks.
    message = "`{Self}` is not a message",
    label = "so it is not known what its handler may return"
)]
pub trait Accepts<T>: Incoming {
    /// Writes the reply where the bus wants it.
    #[doc(hidden)]
    fn put(output: Output<'_>, returned: T);
}

impl<M: Message, T: IntoReply<M::Reply, M::Error>> Accepts<T> for M {
    // One for each message, not for each handler; and what is returned comes in registers if it fits.
    #[inline(never)]
    fn put(output: Output<'_>, returned: T) {
        output.put::<M, T>(returned);
    }
}

impl<T: IntoDynamicReply> Accepts<T> for Value {
    fn put(output: Output<'_>, returned: T) {
        returned.put(output);
    }
}

/// What a handler of a message with reply `R` and error `E` may return.
#[diagnostic::on_unimplemented(
    message = "the handler returns `{Self}`, but its message declares the reply `{R}` and the error `{E}`",
    label = "expected `{R}`, or `Result<{R}, _>` with the error `{E}`, `CallError<{E}>` or `matchbus::Error`",
    note = "the message's reply and error are declared by `reply(…)` and `error(…)` in its `#[message(…)]`"
)]
pub trait IntoReply<R, E> {
    /// The reply, the application error, or a failure of the bus.
    fn into_reply(self) -> Result<R, CallError<E>>;
}

#[diagnostic::do_not_recommend]
impl<R, E: MessageError> IntoReply<R, E> for R {
    fn into_reply(self) -> Result<R, CallError<E>> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R, E: MessageError> IntoReply<R, E> for Result<R, E> {
    fn into_reply(self) -> Result<R, CallError<E>> {
        self.map_err(CallError::App)
    }
}

#[diagnostic::do_not_recommend]
impl<R, E: MessageError> IntoReply<R, E> for Result<R, Error> {
    fn into_reply(self) -> Result<R, CallError<E>> {
        self.map_err(|error| CallError::Bus(Error::handler_failed(error)))
    }
}

/// For handlers that pass on what a call gave them, such as that of their prior.
impl<R, E: MessageError> IntoReply<R, E> for Result<R, CallError<E>> {
    fn into_reply(self) -> Result<R, CallError<E>> {
        self.map_err(|error| match error {
            CallError::App(error) => CallError::App(error),
            CallError::Bus(error) => CallError::Bus(Error::handler_failed(error)),
        })
    }
}

/// What a handler of any JSON may return.
#[diagnostic::on_unimplemented(
    message = "a handler of any JSON cannot return `{Self}`",
    label = "return `matchbus::Value` or a `Result`",
    note = "`Result<R, E>` and `Result<R, CallError<E>>` need `R: Serialize` and `E: AppError`; `matchbus::ErrorReply` is such an error"
)]
pub trait IntoDynamicReply {
    #[doc(hidden)]
    fn put(self, output: Output<'_>);
}

#[diagnostic::do_not_recommend]
impl IntoDynamicReply for Value {
    fn put(self, output: Output<'_>) {
        output.put_json(Ok::<_, CallError<ErrorReply>>(self));
    }
}

#[diagnostic::do_not_recommend]
impl IntoDynamicReply for () {
    fn put(self, output: Output<'_>) {
        output.put_json(Ok::<_, CallError<ErrorReply>>(()));
    }
}

#[diagnostic::do_not_recommend]
impl<R: Serialize, E: MessageError> IntoDynamicReply for Result<R, E> {
    fn put(self, output: Output<'_>) {
        output.put_json(self.map_err(|error| CallError::App(error.to_reply())));
    }
}

#[diagnostic::do_not_recommend]
impl<R: Serialize> IntoDynamicReply for Result<R, Error> {
    fn put(self, output: Output<'_>) {
        output.put_json(self.map_err(|error| CallError::Bus(Error::handler_failed(error))));
    }
}

impl<R: Serialize, E: MessageError> IntoDynamicReply for Result<R, CallError<E>> {
    fn put(self, output: Output<'_>) {
        output.put_json(self.map_err(|error| match error {
            CallError::App(error) => CallError::App(error.to_reply()),
            CallError::Bus(error) => CallError::Bus(Error::handler_failed(error)),
        }));
    }
}

/// What an observer may return: nothing, or a `Result` whose error is an [`AppError`](crate::AppError), a
/// [`CallError`] of one, or [`matchbus::Error`](Error).
#[diagnostic::on_unimplemented(
    message = "an observer cannot return `{Self}`",
    label = "an observer has no reply",
    note = "return nothing, or `Result<(), E>` with `E: AppError`, `CallError<E>` or `matchbus::Error` as its error"
)]
pub trait IntoHeard {
    #[doc(hidden)]
    fn into_heard(self) -> Heard;
}

/// How an observer ended.
pub type Heard = Result<(), CallError<ErrorReply>>;

#[diagnostic::do_not_recommend]
impl IntoHeard for () {
    fn into_heard(self) -> Heard {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: MessageError> IntoHeard for Result<(), E> {
    fn into_heard(self) -> Heard {
        self.map_err(|error| CallError::App(error.to_reply()))
    }
}

#[diagnostic::do_not_recommend]
impl IntoHeard for Result<(), Error> {
    fn into_heard(self) -> Heard {
        self.map_err(|error| CallError::Bus(Error::handler_failed(error)))
    }
}

#[diagnostic::do_not_recommend]
impl<E: MessageError> IntoHeard for Result<(), CallError<E>> {
    fn into_heard(self) -> Heard {
        self.map_err(|error| match error {
            CallError::App(error) => CallError::App(error.to_reply()),
            CallError::Bus(error) => CallError::Bus(Error::handler_failed(error)),
        })
    }
}
