mod call;
mod kind;

use std::fmt;
use std::sync::Arc;

pub use self::call::{CallError, Lifted};
pub(crate) use self::kind::ErrorKind;
use super::json::{DecodeError, Malformed};
use super::{ErrorReply, Outcome};

/// A result whose error is matchbus's own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the bus: anything that is not a service's own answer.
///
/// It is cheap to clone. Ask it by the `is_…` functions, [`outcome`](Error::outcome) and
/// [`code`](Error::code); the text is for people and says what, where and the cure.
#[derive(Clone)]
pub struct Error(Arc<Repr>);

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    outcome: Outcome,
    text: String,
    path: Option<String>,
    pattern: Option<Arc<str>>,
    id: Option<Arc<str>>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// Of `no-handler`: somebody who may answer has yet to say so.
    passes: bool,
}

/// An error as it travels: everything but its cause, which stays where it happened.
pub(crate) struct Wired<'a> {
    pub(crate) code: &'a str,
    pub(crate) outcome: Outcome,
    pub(crate) text: &'a str,
    pub(crate) path: Option<&'a str>,
    pub(crate) pattern: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, outcome: Outcome, text: impl Into<String>) -> Self {
        Error(Arc::new(Repr {
            kind,
            outcome,
            text: text.into(),
            path: None,
            pattern: None,
            id: None,
            source: None,
            passes: false,
        }))
    }

    /// A refusal, for extractors and layers of your own: certain that the handler did not run.
    ///
    /// ```
    /// let error = matchbus::Error::refused("no tenant in the message's context");
    /// assert_eq!(error.outcome(), matchbus::Outcome::NotDone);
    /// ```
    pub fn refused(text: impl Into<String>) -> Self {
        Error::new(ErrorKind::Refused, Outcome::NotDone, text)
    }

    /// What was asked for makes no sense as it is written: a flag, an address, a header.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Error::new(ErrorKind::Usage, Outcome::NotDone, text)
    }

    /// The handler ended with a failure of a call that it made itself.
    ///
    /// It has run, and what it did before that call only it knows: so this is *done* and not retryable, also where the
    /// nested call was *not done*. A handler that knows better answers with an error of its own.
    ///
    /// Where that was for lack of time, the time of this message is up too: the budget is one for the whole chain.
    pub(crate) fn handler_failed(cause: Error) -> Self {
        if cause.is_deadline() {
            let text = format!("the time ran out in a nested call: {cause}");
            return Error::new(ErrorKind::Deadline, Outcome::Unknown, text).with_source(cause);
        }
        if cause.0.kind == ErrorKind::Loop {
            // As it is: a chain that is too long would wrap it once for each of its messages.
            let text = cause.text().to_owned();
            return Error::new(ErrorKind::Loop, Outcome::Done, text).with_source(cause);
        }
        let text = format!("the handler ended with: {cause}");
        Error::new(ErrorKind::Failed, Outcome::Done, text).with_source(cause)
    }

    /// The same without what tells of the handler's inside: what it called, where that is, and what it panicked with.
    /// Code, outcome, pattern and id stay, by which the log has the rest. `None` if it tells nothing of that.
    pub(crate) fn for_outside(&self) -> Option<Self> {
        let nested = self.0.source.as_ref().is_some_and(|source| source.is::<Error>());
        let text = match self.0.kind {
            ErrorKind::Panic => "the handler panicked; the log of its process says why",
            ErrorKind::Failed => {
                "the handler ended with an error of its own calls; the log of its process says which"
            }
            ErrorKind::Loop if nested => {
                "the handlers call each other in circles; the log of their process says which"
            }
            ErrorKind::Deadline if nested => "the time ran out in a call that the handler made",
            _ => return None,
        };
        let error = self.clone();
        Some(error.change(|repr| (repr.text, repr.source, repr.path) = (text.to_owned(), None, None)))
    }

    pub(crate) fn malformed(cause: Malformed) -> Self {
        let path = cause.path().to_owned();
        let text = format!("the bytes are no message: {cause}");
        Error::new(ErrorKind::Malformed, Outcome::NotDone, text).with_path(path).with_source(cause)
    }

    pub(crate) fn invalid(cause: DecodeError) -> Self {
        Error::new(ErrorKind::Invalid, Outcome::NotDone, cause.to_string())
            .with_path(cause.path())
            .with_source(cause)
    }

    pub(crate) fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.change(|repr| repr.source = Some(Arc::new(source)))
    }

    pub(crate) fn with_path(self, path: impl Into<String>) -> Self {
        self.change(|repr| repr.path = Some(path.into()))
    }

    /// That nobody answers may change by itself.
    pub(crate) fn that_passes(self) -> Self {
        self.change(|repr| repr.passes = true)
    }

    pub(crate) fn with_text(self, text: String) -> Self {
        self.change(|repr| repr.text = text)
    }

    pub(crate) fn with_outcome(self, outcome: Outcome) -> Self {
        self.change(|repr| repr.outcome = outcome)
    }

    /// Names the pattern, unless one is named.
    pub(crate) fn at_pattern(self, pattern: &str) -> Self {
        self.change(|repr| {
            repr.pattern.get_or_insert_with(|| pattern.into());
        })
    }

    /// Names the message, unless one is named.
    pub(crate) fn of_message(self, id: &str) -> Self {
        self.change(|repr| {
            repr.id.get_or_insert_with(|| id.into());
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Repr)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The error that another process had. A kind that this version does not know is a failure of the handler.
    pub(crate) fn from_wire(wired: &Wired<'_>) -> Self {
        Error(Arc::new(Repr {
            kind: ErrorKind::of_code(wired.code).unwrap_or(ErrorKind::Failed),
            outcome: wired.outcome,
            text: wired.text.to_owned(),
            path: wired.path.map(str::to_owned),
            pattern: wired.pattern.map(Into::into),
            id: wired.id.map(Into::into),
            source: None,
            passes: false,
        }))
    }

    /// What [`from_wire`](Error::from_wire) needs at the other end.
    pub(crate) fn to_wire(&self) -> Wired<'_> {
        Wired {
            code: self.code(),
            outcome: self.outcome(),
            text: &self.0.text,
            path: self.path(),
            pattern: self.pattern(),
            id: self.message_id(),
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is known about the message.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// What went wrong, without pattern and id of the message, which `Display` adds; they differ from message to
    /// message.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// A stable word for the kind of failure: `no-handler`, `malformed`, `invalid-message`, `deadline`,
    /// `panic`, `overloaded`, `loop`, `draining`, `unreachable`, `connection-lost`, `in-progress`, `conflict`, `refused`,
    /// `unwritable-reply`, `undecodable-reply`, `handler-failed`, `start`, `usage`.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Whether the same message may be sent again and succeed later: it was *not done*, and for a reason that passes
    /// (rule R1). That nobody answers passes only while some process has yet to say what it answers.
    ///
    /// What is *unknown* is not retryable: it may have run, and to run it twice is harmless only where the handler's effect
    /// says so. The bus has then already tried again (rule R2).
    pub fn is_retryable(&self) -> bool {
        self.passes() && self.0.outcome == Outcome::NotDone
    }

    /// Whether the reason may pass by itself: whoever answers was away, full, or too slow. Nothing is wrong with the message
    /// or with a handler.
    pub(crate) fn passes(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Deadline
                | ErrorKind::Overloaded
                | ErrorKind::Draining
                | ErrorKind::Unreachable
                | ErrorKind::Lost
                | ErrorKind::InProgress
        ) || self.0.passes
    }

    /// Nobody answers such a message.
    pub fn is_no_handler(&self) -> bool {
        self.0.kind == ErrorKind::NoHandler
    }

    /// The deadline passed.
    pub fn is_deadline(&self) -> bool {
        self.0.kind == ErrorKind::Deadline
    }

    /// The handler panicked.
    pub fn is_panic(&self) -> bool {
        self.0.kind == ErrorKind::Panic
    }

    /// No connection to the other process could be made: certain that nothing ran.
    pub fn is_unreachable(&self) -> bool {
        self.0.kind == ErrorKind::Unreachable
    }

    /// The connection broke after the message may have left: it may have run.
    pub fn is_lost(&self) -> bool {
        self.0.kind == ErrorKind::Lost
    }

    /// A queue or a handler was full.
    pub fn is_overloaded(&self) -> bool {
        self.0.kind == ErrorKind::Overloaded
    }

    /// Another message came with the same idempotency key (rule R8): this one was not run.
    pub fn is_conflict(&self) -> bool {
        self.0.kind == ErrorKind::Conflict
    }

    /// An earlier message with the same idempotency key was still running when there was no time left (rule R7).
    pub fn is_in_progress(&self) -> bool {
        self.0.kind == ErrorKind::InProgress
    }

    /// The bytes were no message, or did not fit the handler's type.
    pub fn is_invalid(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Malformed | ErrorKind::Invalid)
    }

    /// The JSON path of what is wrong in the message or the reply, as `$.items[3].sku`.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// The pattern of the handler concerned, where one was found.
    pub fn pattern(&self) -> Option<&str> {
        self.0.pattern.as_deref()
    }

    /// The id of the message concerned, where it has one.
    pub fn message_id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// The form that every caller can read.
    pub fn to_reply(&self) -> ErrorReply {
        let mut reply = ErrorReply::new(self.code(), self.to_string());
        reply.retryable = self.is_retryable();
        reply.status = match self.0.kind {
            ErrorKind::NoHandler => 404,
            ErrorKind::Malformed | ErrorKind::Invalid | ErrorKind::Usage => 400,
            ErrorKind::Refused => 403,
            ErrorKind::Conflict | ErrorKind::InProgress => 409,
            ErrorKind::Overloaded | ErrorKind::Draining | ErrorKind::Unreachable => 503,
            ErrorKind::Lost => 502,
            ErrorKind::Deadline => 504,
            ErrorKind::Loop => 508,
            ErrorKind::Unwritable
            | ErrorKind::Undecodable
            | ErrorKind::Panic
            | ErrorKind::Failed
            | ErrorKind::Start => 500,
        };
        reply
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)?;
        match (&self.0.pattern, &self.0.id) {
            (Some(pattern), Some(id)) => write!(f, " (pattern {pattern}, message {id})"),
            (Some(pattern), None) => write!(f, " (pattern {pattern})"),
            (None, Some(id)) => write!(f, " (message {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self} [{}]", self.code(), self.outcome().as_str())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.to_string() == other.to_string()
    }
}
