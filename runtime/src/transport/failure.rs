//! What transports say of failures, and how failures travel.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Url;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Wired};

/// For [links](super::Link) of your own.
impl Error {
    /// The message reached nobody: no connection could be made, or it is certain that the other side did not take the
    /// message. *Not done*; the bus may send it to another process.
    ///
    /// ```
    /// let error = matchbus::Error::unreachable("cannot connect to /run/cart.sock: no such file; is it up?");
    /// assert!(error.is_unreachable() && error.outcome() == matchbus::Outcome::NotDone);
    /// ```
    pub fn unreachable(text: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
    }

    /// The connection broke after the first byte of the message may have left. *Unknown*.
    pub fn lost(text: impl Into<String>) -> Self {
        Error::new(ErrorKind::Lost, Outcome::Unknown, text)
    }

    /// No answer came from `url` in the time that the call had. *Unknown*; for links that
    /// [keep the time](super::Link::keeps_time).
    pub fn unanswered(url: &Url, time: Duration) -> Self {
        let text = format!("{url} did not answer within {time:?}; the message may have been handled");
        Error::new(ErrorKind::Deadline, Outcome::Unknown, text)
    }

    /// What came is no answer. *Unknown*, since a handler may have run.
    pub fn unreadable(text: impl Into<String>) -> Self {
        Error::new(ErrorKind::Undecodable, Outcome::Unknown, text)
    }

    /// The URL has something that the transport does not understand; say what, and what it should be.
    pub fn wrong_url(url: &Url, what: impl fmt::Display) -> Self {
        Error::usage(format!("`{url}`: {what}"))
    }

    /// The listener could not be started, with the cause.
    pub fn cannot_listen(url: &Url, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let text = format!("cannot listen at `{url}`: {cause}");
        Error::new(ErrorKind::Start, Outcome::NotDone, text).with_source(cause)
    }
}

/// An error on its way from a listener to a link: everything that the caller needs to have the error that it would have
/// had in one process. For transports of your own, which put it into their frames by serde.
///
/// ```
/// use matchbus::transport::Fault;
/// use matchbus::{CallError, Error, ErrorReply, Outcome};
///
/// let error: CallError<ErrorReply> = Error::refused("no tenant").into();
/// let bytes = serde_json::to_vec(&Fault::of(&error))?;
/// let same = serde_json::from_slice::<Fault>(&bytes)?.into_error();
/// assert_eq!((same.outcome(), same.code()), (Outcome::NotDone, error.code()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    code: String,
    message: String,
    /// The word for it.
    outcome: String,
    /// Whether it is the service's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    app: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    retryable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    details: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl Fault {
    /// Of what a [`Door`](super::Door) returned.
    pub fn of(error: &CallError<ErrorReply>) -> Self {
        match error {
            CallError::App(reply) => Fault {
                code: reply.code.clone(),
                message: reply.message.clone(),
                outcome: Outcome::Done.as_str().to_owned(),
                app: true,
                retryable: reply.retryable,
                status: Some(reply.status),
                details: reply.details.clone(),
                path: None,
                pattern: None,
                id: None,
            },
            CallError::Bus(error) => {
                let wired = error.to_wire();
                Fault {
                    code: wired.code.to_owned(),
                    message: wired.text.to_owned(),
                    outcome: wired.outcome.as_str().to_owned(),
                    app: false,
                    retryable: error.is_retryable(),
                    status: None,
                    details: Value::Null,
                    path: wired.path.map(str::to_owned),
                    pattern: wired.pattern.map(str::to_owned),
                    id: wired.id.map(str::to_owned),
                }
            }
        }
    }

    /// The error, for what a [`Link`](super::Link) returns. An outcome of a later version is *unknown*.
    pub fn into_error(self) -> CallError<ErrorReply> {
        if self.app {
            let mut reply = ErrorReply::new(self.code, self.message);
            reply.retryable = self.retryable;
            reply.details = self.details;
            if let Some(status) = self.status {
                reply.status = status;
            }
            return CallError::App(reply);
        }
        let outcomes = [Outcome::Done, Outcome::NotDone, Outcome::Unknown];
        let outcome = outcomes.into_iter().find(|outcome| outcome.as_str() == self.outcome);
        CallError::Bus(Error::from_wire(&Wired {
            code: &self.code,
            outcome: outcome.unwrap_or(Outcome::Unknown),
            text: &self.message,
            path: self.path.as_deref(),
            pattern: self.pattern.as_deref(),
            id: self.id.as_deref(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_all_of_an_error() {
        let mut reply = ErrorReply::new("out-of-stock", "none left");
        (reply.retryable, reply.status, reply.details) = (true, 409, serde_json::json!({"sku": "tea"}));
        let invalid = Error::new(ErrorKind::Invalid, Outcome::NotDone, "no number").with_path("/qty");
        for error in [
            CallError::App(reply),
            CallError::Bus(invalid.at_pattern("role:cart").of_message("7")),
            CallError::Bus(Error::lost("gone")),
        ] {
            let json = serde_json::to_string(&Fault::of(&error)).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&json).unwrap().into_error(), error, "{json}");
        }
        let later = r#"{"code":"sulking","message":"later","outcome":"half","new":1}"#;
        let error = serde_json::from_str::<Fault>(later).unwrap().into_error();
        assert_eq!((error.outcome(), error.code().as_str()), (Outcome::Unknown, "handler-failed"));
    }
}
