use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An error of a service's own: part of its contract, typed at both ends.
///
/// Derive it (see [the derive macro](derive@crate::AppError)) or write the one method that has no default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an application error",
    label = "not an application error",
    note = "add `#[derive(AppError, Debug, Serialize, Deserialize)]` to it, or implement `matchbus::AppError`"
)]
pub trait AppError: std::error::Error + Serialize + DeserializeOwned + Send + Sync + 'static {
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

impl AppError for NoError {
    fn code(&self) -> Cow<'_, str> {
        match *self {}
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
            message: error.to_string(),
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
