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

    /// The form that every caller can read. Details that cannot be written as JSON are left out.
    #[doc(hidden)]
    fn to_reply(&self) -> ErrorReply
    where
        Self: Sized,
    {
        ErrorReply {
            code: self.code().into_owned(),
            message: self.to_string(),
            retryable: self.retryable(),
            status: self.status(),
            details: serde_json::to_value(self).unwrap_or_default(),
        }
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
        error.to_reply()
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

    /// It has that form already.
    fn to_reply(&self) -> ErrorReply {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readable_form_of_the_readable_form_is_itself() {
        let mut error = ErrorReply::new("out-of-stock", "none left");
        error.details = serde_json::json!({ "sku": "tea" });
        assert_eq!(ErrorReply::of(&error), error);
    }
}
