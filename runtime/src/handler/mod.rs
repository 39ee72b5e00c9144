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

pub use accept::{Accepts, Heard, Incoming, IntoDynamicReply, IntoHeard, IntoReply};
pub use call::Call;
pub use context::Context;
pub use emit::Emit;
pub use extract::FromContext;
pub(crate) use input::InputKind;
pub use input::{Held, Input};
pub use need::Need;
pub use output::Output;
pub(crate) use output::{JsonReply, OutputKind, TypedReply};
pub use prior::Prior;
#[doc(hidden)]
pub use start::{answer, answer_now, boxed, hear, hear_now, sendable, serve, serve_now};
pub use state::State;

use crate::message::Error;

/// A boxed future that may borrow from its caller.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What calling a [`Shim`] gives: an error before anything ran, nothing more to wait for (a plain function),
/// or the handler's future. The reply goes into the `Output`.
pub type Started<'a> = Result<Option<BoxFuture<'a, ()>>, Error>;

/// The one shape that every handler has for the bus: a plain function pointer, so that it can stand in a
/// `const` and costs one boxed future per message.
pub type Shim = for<'a> fn(&'a Context<'a>, Input<'a>, Output<'a>) -> Started<'a>;
