//! Handlers: what the macros turn an annotated function into, and the arguments it may have.

mod accept;
mod call;
mod context;
mod emit;
mod extract;
mod input;
mod need;
mod output;
mod prior;
mod start;
mod state;

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

pub use accept::{Accepts, Heard, Incoming, IntoDynamicReply, IntoHeard, IntoReply};
pub use call::Call;
pub use context::Context;
pub use emit::Emit;
pub use extract::FromContext;
pub(crate) use input::InputKind;
pub use input::{Held, Input};
pub use need::Need;
pub use output::Output;
pub(crate) use output::{JsonReply, Slot, TypedReply};
pub use prior::Prior;
#[doc(hidden)]
pub use start::{answer, answer_now, hear, hear_now, sendable, serve, serve_now};
pub use state::State;

use crate::message::Error;

/// A boxed future that may borrow from its caller.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A handler that was started, if it has to be awaited.
///
/// It is told where its reply goes each time it is polled, and so holds nothing of the caller's but the message, if that is
/// lent to it. What a call needs to start a handler can then be on the stack: kept beside the handler in the caller's
/// future, it costs as much as the handler's own box (measured).
pub trait Work: Send {
    /// As [`Future::poll`]; when it is ready, the reply is in `output`.
    fn poll(self: Pin<&mut Self>, context: &mut std::task::Context<'_>, output: Output<'_>) -> Poll<()>;
}

/// What calling a [`Shim`] gives: the handler at work, or why there is none. It is two words and so comes in registers.
pub type Started<'a> = Result<Pin<Box<dyn Work + 'a>>, Stopped>;

/// Nothing more to wait for: a plain function has ended, and its reply is in the `Output`; or an error before anything ran.
#[derive(Debug)]
pub struct Stopped(pub(crate) Option<Error>);

impl Stopped {
    /// A plain function has ended.
    pub const ENDED: Self = Stopped(None);
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Stopped(Some(error))
    }
}

/// The one shape that every handler has for the bus: a plain function pointer, so that it can stand in a
/// `const` and costs one boxed future per message. `'a` is how long the message is lent.
pub type Shim = for<'a> fn(&Context<'_>, Input<'_, 'a>, Output<'_>) -> Started<'a>;
