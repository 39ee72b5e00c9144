use std::fmt;
use std::sync::Arc;

use super::{Error, ErrorKind};
use crate::message::{AppError, ErrorReply, MessageError, NoError, Outcome};

/// How a call can fail: by the service's own word, or on the way.
///
/// As the error of a handler it takes every `?`: on the handler's own errors, on calls of messages that declare the same
/// error or none, and on what is published or sent. A call with another error is [lifted](CallError::lift).
///
/// ```
/// use matchbus::prelude::*;
///
/// #[derive(Message, Serialize, Deserialize)]
/// #[message(role = "price", cmd = "get", reply(u32), external)]
/// struct GetPrice { sku: String }
///
/// #[derive(Message, Serialize, Deserialize)]
/// #[message(role = "cart", cmd = "add", reply(u32), error(CartError))]
/// struct AddItem { sku: String, qty: u32 }
///
/// #[derive(Debug, AppError, Serialize, Deserialize)]
/// enum CartError { TooMany }
/// # impl std::fmt::Display for CartError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{self:?}") }
/// # }
/// # impl std::error::Error for CartError {}
///
/// fn allowed(qty: u32) -> Result<u32, CartError> {
///     if qty < 100 { Ok(qty) } else { Err(CartError::TooMany) }
/// }
///
/// #[service(role = "cart", cmd = "add")]
/// async fn add(msg: AddItem, price: Call<GetPrice>) -> Result<u32, CallError<CartError>> {
///     let qty = allowed(msg.qty)?;
///     Ok(price.call(GetPrice { sku: msg.sku }).await? * qty)
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum CallError<E> {
    /// The service's own error: the handler ran to its end.
    App(E),
    /// Everything else.
    Bus(Error),
}

impl<E> CallError<E> {
    /// What is known about the message.
    pub fn outcome(&self) -> Outcome {
        match self {
            CallError::App(_) => Outcome::Done,
            CallError::Bus(error) => error.outcome(),
        }
    }

    /// The service's own error, if it is one.
    pub fn app(&self) -> Option<&E> {
        match self {
            CallError::App(error) => Some(error),
            CallError::Bus(_) => None,
        }
    }

    /// The same error for `?` in a handler whose own error type can be made from this one's: what a call inside of a
    /// handler fails with becomes what the handler fails with.
    ///
    /// ```
    /// use matchbus::CallError;
    ///
    /// struct StockError;
    /// struct OrderError(StockError);
    ///
    /// impl From<StockError> for OrderError {
    ///     fn from(error: StockError) -> Self {
    ///         OrderError(error)
    ///     }
    /// }
    ///
    /// fn reserve() -> Result<u32, CallError<StockError>> {
    ///     Err(CallError::App(StockError))
    /// }
    ///
    /// fn place() -> Result<u32, CallError<OrderError>> {
    ///     Ok(reserve().map_err(CallError::lift)? + 1)
    /// }
    /// # assert!(place().is_err());
    /// ```
    pub fn lift(self) -> Lifted<E> {
        Lifted(self)
    }

    /// The failure of the bus, if it is one.
    pub fn bus(&self) -> Option<&Error> {
        match self {
            CallError::App(_) => None,
            CallError::Bus(error) => Some(error),
        }
    }
}

impl<E: MessageError> CallError<E> {
    /// The form that every caller can read.
    pub fn to_reply(&self) -> ErrorReply {
        match self {
            CallError::App(error) => error.to_reply(),
            CallError::Bus(error) => error.to_reply(),
        }
    }

    /// The stable word: the service's own, or the bus's ([`Error::code`]).
    pub fn code(&self) -> String {
        match self {
            CallError::App(error) => error.error_code().into_owned(),
            CallError::Bus(error) => error.code().to_owned(),
        }
    }

    /// Whether the same message may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            CallError::App(error) => error.is_retryable(),
            CallError::Bus(error) => error.is_retryable(),
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        CallError::Bus(error)
    }
}

/// A handler's own error.
impl<E: AppError> From<E> for CallError<E> {
    fn from(error: E) -> Self {
        CallError::App(error)
    }
}

/// An error that `?` or `into` makes that of a handler; see [`CallError::lift`].
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it is no error until `?` or `into` makes it one"]
pub struct Lifted<E>(CallError<E>);

impl<E, F: From<E>> From<Lifted<E>> for CallError<F> {
    fn from(lifted: Lifted<E>) -> Self {
        match lifted.0 {
            CallError::App(error) => CallError::App(error.into()),
            CallError::Bus(error) => CallError::Bus(error),
        }
    }
}

/// A call of a message that declares no error can only fail on the way.
impl<E: AppError> From<CallError<NoError>> for CallError<E> {
    fn from(error: CallError<NoError>) -> Self {
        match error {
            CallError::App(error) => match error {},
            CallError::Bus(error) => CallError::Bus(error),
        }
    }
}

/// A handler that has no error of its own for what a nested call answered passes it on as a failure.
impl<E: MessageError> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::App(error) => {
                let text = format!("a call was answered with: {} ({})", error.as_error(), error.error_code());
                let source = Arc::from(error.into_error());
                Error::new(ErrorKind::Failed, Outcome::Done, text).change(|repr| repr.source = Some(source))
            }
            CallError::Bus(error) => error,
        }
    }
}

impl<E: MessageError> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::App(error) => fmt::Display::fmt(error.as_error(), f),
            CallError::Bus(error) => error.fmt(f),
        }
    }
}

impl<E: MessageError> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::App(error) => Some(error.as_error()),
            CallError::Bus(error) => Some(error),
        }
    }
}
