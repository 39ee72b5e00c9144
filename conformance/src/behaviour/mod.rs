//! The behaviours, one function each. [`suite!`](crate::suite) makes tests of them; [`run`](crate::run) runs one.
//!
//! A behaviour ends when the transport behaves so, and panics when it does not.

mod calls;
mod deadlines;
mod errors;
mod life;
mod messages;
mod meta;
mod priors;
mod processes;
mod sends;

pub use calls::*;
pub use deadlines::*;
pub use errors::*;
pub use life::*;
pub use messages::*;
pub use meta::*;
pub use priors::*;
pub use processes::*;
pub use sends::*;

use matchbus::{CallError, ErrorReply, Outcome};

/// What a call without types failed with: outcome, code, text.
fn failure<T: std::fmt::Debug>(result: Result<T, CallError<ErrorReply>>) -> (Outcome, String, String) {
    let error = result.expect_err("it was to fail");
    (error.outcome(), error.code(), error.to_string())
}
