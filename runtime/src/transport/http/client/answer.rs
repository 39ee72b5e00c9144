//! What an answer means.

use hyper::StatusCode;
use serde::Deserialize;

use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Wired};
use crate::transport::http::head;

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) told: Told,
    /// The body, or why it is not whole.
    pub(super) body: Result<Vec<u8>, String>,
}

/// What a matchbus tells in the head of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether a matchbus gave it.
    pub(super) is_ours: bool,
    pub(super) outcome: Option<Outcome>,
    /// Whether its error is the service's own, and not the bus's.
    pub(super) of_service: bool,
    /// Whether it is a stored one.
    pub(super) is_replayed: bool,
}

impl Told {
    /// Takes in one field.
    pub(super) fn read(&mut self, name: &str, value: &[u8]) {
        if name.eq_ignore_ascii_case(head::OUTCOME.as_str()) {
            self.is_ours = true;
            let outcomes = [Outcome::Done, Outcome::NotDone, Outcome::Unknown];
            self.outcome = outcomes.into_iter().find(|outcome| outcome.as_str().as_bytes() == value);
        } else if name.eq_ignore_ascii_case(head::ERROR.as_str()) {
            self.of_service = value == b"service";
        } else if name.eq_ignore_ascii_case(head::REPLAYED.as_str()) {
            self.is_replayed = true;
        }
    }
}

impl Answer {
    /// The whole body.
    pub(super) fn into_body(self) -> Result<Vec<u8>, Error> {
        // What the head says of the outcome holds even if the rest is lost.
        let outcome = self.told.outcome.filter(|outcome| *outcome == Outcome::NotDone);
        self.body.map_err(|cause| {
            let text =
                format!("the answer has the status {}, but its body did not come: {cause}", self.status);
            Error::new(ErrorKind::Lost, outcome.unwrap_or(Outcome::Unknown), text)
        })
    }
}

/// The body of an error.
#[derive(Deserialize)]
struct Body {
    error: Inner,
}

#[derive(Deserialize)]
struct Inner {
    code: String,
    message: String,
    #[serde(default)]
    retryable: bool,
    #[serde(default)]
    details: serde_json::Value,
    path: Option<String>,
    pattern: Option<String>,
    id: Option<String>,
}

/// An answer in matchbus's own form.
pub(super) fn plain(answer: Answer) -> Result<Vec<u8>, CallError<ErrorReply>> {
    let Answer { status, told: Told { is_ours: ours, outcome, of_service, .. }, .. } = answer;
    let body = answer.into_body()?;
    if status.is_success() {
        // Our own replies are JSON; of another server's that is not said.
        if body.is_empty() {
            return Ok(b"null".to_vec());
        }
        let good = ours || serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        return if good { Ok(body) } else { Err(empty_error(status, "and what came is no JSON").into()) };
    }
    let (Some(outcome), Ok(Body { error })) = (outcome, serde_json::from_slice(&body)) else {
        if outcome.is_none() && status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE {
            // A server says so when it has read the head (RFC 6585), so that nothing ran.
            let text = "what goes beside the message is too large for the other side's head of a request (status 431; a \
                        listener takes 16 KiB and 100 headers); send less context, or put it into the message";
            return Err(Error::new(ErrorKind::Invalid, Outcome::NotDone, text).into());
        }
        let outcome = outcome.unwrap_or(Outcome::Unknown);
        let text = format!("the answer has the status {status}, and no error that a matchbus would tell");
        return Err(Error::new(ErrorKind::Failed, outcome, text).into());
    };
    if of_service {
        let mut reply = ErrorReply::new(error.code, error.message);
        reply.retryable = error.retryable;
        reply.details = error.details;
        reply.status = status.as_u16();
        return Err(CallError::App(reply));
    }
    let told = Wired {
        code: &error.code,
        outcome,
        text: &error.message,
        path: error.path.as_deref(),
        pattern: error.pattern.as_deref(),
        id: error.id.as_deref(),
    };
    Err(Error::from_wire(&told).into())
}

/// An answer by something that is not what the URL says.
#[cold]
pub(super) fn empty_error(status: StatusCode, what: &str) -> Error {
    let text = format!("the answer has the status {status}, {what}; is the address right?");
    Error::new(ErrorKind::Undecodable, Outcome::Unknown, text)
}
