//! Messages: their types, what comes back, and what can go wrong.

mod app_error;
mod error;
mod info;
pub mod json;
mod key;
mod meta;
mod outcome;
mod place;
#[doc(hidden)]
pub mod probe;
mod receipt;
mod text;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[doc(hidden)]
pub use app_error::HasText;
pub use app_error::{AppError, ErrorReply, FromCall, MessageError, NoError};
pub(crate) use error::ErrorKind;
pub(crate) use error::Wired;
pub use error::{CallError, Error, Lifted, Result};
pub use info::{FieldInfo, FieldKind, MessageInfo, TypeSketch};
#[doc(hidden)]
pub use key::{see_key, see_key_with};
pub(crate) use meta::Rare;
#[cfg(feature = "tcp")]
pub(crate) use meta::hex;
#[cfg(feature = "http")]
pub(crate) use meta::number;
pub use meta::{Id, Meta, TraceParent};
pub use outcome::Outcome;
pub use place::Place;
pub use receipt::Receipt;
pub(crate) use text::Text;

use crate::pattern::Scalar;

/// A type whose values are sent over the bus. Derive it; see [the derive macro](derive@crate::Message).
///
/// The type says which keys each of its messages has, what is answered, and with which errors. Unknown keys
/// of a message are ignored (rule M2), so a message may grow without its handlers noticing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "add `#[derive(Message, Serialize, Deserialize)]` and `#[message(key = \"value\", …, reply(R))]` to it",
    note = "a handler that takes any JSON has the argument type `matchbus::Value`"
)]
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What is answered; `()` for an event.
    type Reply: Serialize + DeserializeOwned + Send + 'static;
    /// The service's own error; [`NoError`] if it has none.
    type Error: MessageError;
    /// What the compiler knows about the type.
    const INFO: MessageInfo;

    /// The value of field `index` of `INFO.fields`, as matching sees it.
    #[doc(hidden)]
    fn key(&self, index: usize, see: &mut dyn FnMut(Scalar<'_>));
}
