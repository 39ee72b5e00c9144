//! Everything that is answered in place of a reply, before it takes a dialect's form.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;

use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};

/// An error on its way out.
#[derive(Clone, Debug)]
pub(in crate::transport::http) struct Failure {
    pub(in crate::transport::http) status: StatusCode,
    pub(in crate::transport::http) kind: Kind,
    pub(in crate::transport::http) outcome: Outcome,
    pub(in crate::transport::http) reply: ErrorReply,
    path: Option<String>,
    pattern: Option<String>,
    id: Option<Arc<str>>,
}

/// Whose error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport::http) enum Kind {
    Service,
    Bus(ErrorKind),
}

impl Failure {
    /// A request that is no message at all.
    pub(super) fn refused(status: StatusCode, kind: ErrorKind, text: impl Into<String>) -> Box<Self> {
        Box::new(Failure { status, ..Error::new(kind, Outcome::NotDone, text).into() })
    }

    /// Bytes that are no request (RFC 9112, 3).
    pub(super) fn no_http(cause: &impl std::fmt::Display) -> Box<Self> {
        let text = format!(
            "this is no request of HTTP/1.1 ({cause}); send one, as in curl -d '{{\"role\":\"…\"}}' …, or check that the \
             address means this port and this protocol"
        );
        Failure::refused(StatusCode::BAD_REQUEST, ErrorKind::Malformed, text)
    }

    /// A head that has too many bytes or fields (RFC 6585, 5).
    pub(super) fn large_head() -> Box<Self> {
        let text = "the head of the request is too large: it may have 16 KiB and 100 fields; put what is more into the body";
        Failure::refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, ErrorKind::Malformed, text)
    }

    /// A request that says no host, or two (RFC 9112, 3.2).
    pub(super) fn no_host() -> Box<Self> {
        let text = "a request of HTTP/1.1 has one header `Host`, and this one has none or several; send one";
        Failure::refused(StatusCode::BAD_REQUEST, ErrorKind::Malformed, text)
    }

    /// The body in matchbus's own form.
    pub(in crate::transport::http) fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            code: &'a str,
            message: &'a str,
            outcome: &'static str,
            retryable: bool,
            #[serde(skip_serializing_if = "serde_json::Value::is_null")]
            details: &'a serde_json::Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            path: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pattern: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
        }
        let error = Inner {
            code: &self.reply.code,
            message: &self.reply.message,
            outcome: self.outcome.as_str(),
            retryable: self.reply.retryable,
            details: &self.reply.details,
            path: self.path.as_deref(),
            pattern: self.pattern.as_deref(),
            id: self.id.as_deref(),
        };
        // Text, numbers and JSON values: nothing in it can fail to be written.
        serde_json::to_vec(&Body { error }).unwrap_or_default()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut reply = error.to_reply();
        // Pattern and id have fields of their own.
        error.to_wire().text.clone_into(&mut reply.message);
        Failure {
            status: StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            kind: Kind::Bus(error.kind()),
            outcome: error.outcome(),
            path: error.path().map(str::to_owned),
            pattern: error.pattern().map(str::to_owned),
            id: error.message_id().map(Arc::from),
            reply,
        }
    }
}

impl From<CallError<ErrorReply>> for Failure {
    fn from(error: CallError<ErrorReply>) -> Self {
        match error {
            CallError::Bus(error) => error.into(),
            CallError::App(reply) => {
                // A status that means success would hide the error from whoever looks at nothing else.
                let own = StatusCode::from_u16(reply.status).ok().filter(|status| status.as_u16() >= 400);
                Failure {
                    status: own.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
                    kind: Kind::Service,
                    outcome: Outcome::Done,
                    reply,
                    path: None,
                    pattern: None,
                    id: None,
                }
            }
        }
    }
}
