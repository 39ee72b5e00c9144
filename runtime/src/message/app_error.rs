use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;

/// An error of a service's own: part of its contract, typed at both ends.
///
/// Derive it (see [the derive macro](derive@crate::AppError)) or write the one method that has no default. The type is a
/// [`std::error::Error`] too; generic code that needs to know says `E: AppError + std::error::Error`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an application error",
    label = "not an application error",
    note = "add `#[derive(AppError, Debug, Serialize, Deserialize)]` to it, or implement `matchbus::AppError`"
)]
pub trait AppError: HasText + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// A stable word that callers may compare: `out-of-stock`.
    fn code(&self) -> Cow<'_, str>;

    /// Whether the same message may succeed later. `false` unless said otherwise.
    fn retryable(&self) -> bool {
        false
    }

    /// The HTTP status that says it best. 422 unless said otherwise.
    fn status(&self) -> u16 {
        422
    }

    /// Whether it has the readable form already.
    #[doc(hidden)]
    fn as_reply(&self) -> Option<&ErrorReply> {
        None
    }
}

/// The part of [`AppError`] that its derive leaves to the user: `std::error::Error`. It is no supertrait, because rustc then
/// asks for that one, and says nothing of the cure.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text for people: it does not implement `std::error::Error`",
    label = "needs `Debug`, `Display` and `std::error::Error`",
    note = "write `impl std::fmt::Display for {Self} {{ … }}` and `impl std::error::Error for {Self} {{}}`, and derive `Debug`",
    note = "or add `#[derive(thiserror::Error)]`, with an `#[error(\"…\")]` for each variant"
)]
pub trait HasText {
    #[doc(hidden)]
    fn as_error(&self) -> &(dyn std::error::Error + 'static);

    #[doc(hidden)]
    fn into_error(self) -> Box<dyn std::error::Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: std::error::Error + Send + Sync + 'static> HasText for E {
    fn as_error(&self) -> &(dyn std::error::Error + 'static) {
        self
    }

    fn into_error(self) -> Box<dyn std::error::Error + Send + Sync> {
        Box::new(self)
    }
}

/// What a message may declare as its error: an [`AppError`], or [`NoError`].
///
/// It is implemented for both and by nobody else. `NoError` is kept out of [`AppError`], so that `?` can turn a failed
/// call of a message without an error into [`CallError`](crate::CallError) of any application error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an application error",
    label = "not an application error",
    note = "add `#[derive(AppError, Debug, Serialize, Deserialize)]` to it, or implement `matchbus::AppError`"
)]
pub trait MessageError: fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    #[doc(hidden)]
    fn error_code(&self) -> Cow<'_, str>;

    #[doc(hidden)]
    fn is_retryable(&self) -> bool;

    #[doc(hidden)]
    fn to_reply(&self) -> ErrorReply;

    #[doc(hidden)]
    fn as_error(&self) -> &(dyn std::error::Error + 'static);

    #[doc(hidden)]
    fn into_error(self) -> Box<dyn std::error::Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: AppError + fmt::Debug> MessageError for E {
    fn error_code(&self) -> Cow<'_, str> {
        self.code()
    }

    fn is_retryable(&self) -> bool {
        self.retryable()
    }

    fn to_reply(&self) -> ErrorReply {
        ErrorReply::of(self)
    }

    fn as_error(&self) -> &(dyn std::error::Error + 'static) {
        HasText::as_error(self)
    }

    fn into_error(self) -> Box<dyn std::error::Error + Send + Sync> {
        HasText::into_error(self)
    }
}

/// What a failed call becomes in a handler whose own error it is.
///
/// A handler that returns `Result<R, CallError<E>>` needs none of this: there `?` works on calls, on what is published
/// and on errors of type `E`. With it `?` works on calls where the handler returns `Result<R, E>` as well, for types
/// that derive [`AppError`](derive@crate::AppError). Outcome and retryable of the failure are then what `E` says.
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
/// struct AddItem { sku: String }
///
/// #[derive(Debug, AppError, Serialize, Deserialize)]
/// enum CartError {
///     #[app_error(status(503), retryable)]
///     NoPrice(String),
/// }
/// # impl std::fmt::Display for CartError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{self:?}") }
/// # }
/// # impl std::error::Error for CartError {}
///
/// impl matchbus::FromCall for CartError {
///     fn from_call(error: matchbus::Error) -> Self {
///         CartError::NoPrice(error.to_string())
///     }
/// }
///
/// #[service(role = "cart", cmd = "add")]
/// async fn add(msg: AddItem, price: Call<GetPrice>) -> Result<u32, CartError> {
///     Ok(price.call(GetPrice { sku: msg.sku }).await? + 1)
/// }
/// # fn main() {}
/// ```
// Of what stands here the error of a `?` shows only the label.
#[diagnostic::on_unimplemented(
    message = "a failed call does not become `{Self}` by itself",
    label = "a call's error is no `{Self}`: return `Result<_, CallError<{Self}>>`, or implement `matchbus::FromCall`"
)]
pub trait FromCall: Sized {
    /// The error for a call that failed with `error`: on the way, or by the word of the service called.
    fn from_call(error: Error) -> Self;
}

/// The error of messages that declare none: it has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoError {}

impl fmt::Display for NoError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for NoError {}

impl Serialize for NoError {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

impl<'de> Deserialize<'de> for NoError {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("this message declares no error"))
    }
}

impl MessageError for NoError {
    fn error_code(&self) -> Cow<'_, str> {
        match *self {}
    }

    fn is_retryable(&self) -> bool {
        match *self {}
    }

    fn to_reply(&self) -> ErrorReply {
        match *self {}
    }

    fn as_error(&self) -> &(dyn std::error::Error + 'static) {
        match *self {}
    }

    fn into_error(self) -> Box<dyn std::error::Error + Send + Sync> {
        match self {}
    }
}

/// An application error in the form that every caller can read: code, text, and the typed error as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorReply {
    /// The stable word.
    pub code: String,
    /// Text for people.
    pub message: String,
    /// Whether the same message may succeed later.
    #[serde(default)]
    pub retryable: bool,
    /// The HTTP status that says it best.
    #[serde(default = "unprocessable")]
    pub status: u16,
    /// The typed error.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

fn unprocessable() -> u16 {
    422
}

impl ErrorReply {
    /// An error with this code and text, for handlers that work on untyped JSON.
    ///
    /// ```
    /// let error = matchbus::ErrorReply::new("out-of-stock", "no `sku-1` left");
    /// assert_eq!(error.code, "out-of-stock");
    /// ```
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        ErrorReply {
            code: code.into(),
            message: message.into(),
            retryable: false,
            status: 422,
            details: serde_json::Value::Null,
        }
    }

    /// The form of a typed error. Details that cannot be written as JSON are left out.
    pub fn of<E: AppError>(error: &E) -> Self {
        if let Some(reply) = error.as_reply() {
            return reply.clone();
        }
        ErrorReply {
            code: error.code().into_owned(),
            message: error.as_error().to_string(),
            retryable: error.retryable(),
            status: error.status(),
            details: serde_json::to_value(error).unwrap_or_default(),
        }
    }
}

impl fmt::Display for ErrorReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ErrorReply {}

impl AppError for ErrorReply {
    fn code(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.code)
    }

    fn retryable(&self) -> bool {
        self.retryable
    }

    fn status(&self) -> u16 {
        self.status
    }

    fn as_reply(&self) -> Option<&ErrorReply> {
        Some(self)
    }
}
