use std::fmt;
use std::sync::Arc;

use super::json::{DecodeError, Malformed};
use super::{AppError, ErrorReply, MessageError, NoError, Outcome};

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
}

/// The kinds behind [`Error::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// Nobody answers such a message.
    NoHandler,
    /// The bytes are no message.
    Malformed,
    /// The message does not fit the handler's type.
    Invalid,
    /// The reply cannot be written as JSON.
    Unwritable,
    /// The reply does not fit the caller's type.
    Undecodable,
    /// Time is up.
    Deadline,
    /// A handler panicked.
    Panic,
    /// A queue or a handler is full.
    Overloaded,
    /// Handlers call each other in circles.
    Loop,
    /// The process is shutting down.
    Draining,
    /// No connection to the other process could be made, or it never took the message.
    Unreachable,
    /// The connection broke after the message may have left.
    Lost,
    /// An earlier message with the same idempotency key still runs.
    InProgress,
    /// Another message came with the same idempotency key.
    Conflict,
    /// Something the user added to the bus said no.
    Refused,
    /// A handler ended with a failure of a call that it made.
    Failed,
    /// The bus could not start.
    Start,
    /// The command line or a file is wrong.
    Usage,
}

impl ErrorKind {
    fn code(self) -> &'static str {
        match self {
            ErrorKind::NoHandler => "no-handler",
            ErrorKind::Malformed => "malformed",
            ErrorKind::Invalid => "invalid-message",
            ErrorKind::Unwritable => "unwritable-reply",
            ErrorKind::Undecodable => "undecodable-reply",
            ErrorKind::Deadline => "deadline",
            ErrorKind::Panic => "panic",
            ErrorKind::Overloaded => "overloaded",
            ErrorKind::Loop => "loop",
            ErrorKind::Draining => "draining",
            ErrorKind::Unreachable => "unreachable",
            ErrorKind::Lost => "connection-lost",
            ErrorKind::InProgress => "in-progress",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Refused => "refused",
            ErrorKind::Failed => "handler-failed",
            ErrorKind::Start => "start",
            ErrorKind::Usage => "usage",
        }
    }

    /// The kind with this code, for an error that came over a wire; `None` if this version has no such kind.
    fn of_code(code: &str) -> Option<Self> {
        use ErrorKind::{
            Conflict, Deadline, Draining, Failed, InProgress, Invalid, Loop, Lost, Malformed, NoHandler,
            Overloaded, Panic, Refused, Start, Undecodable, Unreachable, Unwritable, Usage,
        };
        let all = [
            NoHandler,
            Malformed,
            Invalid,
            Unwritable,
            Undecodable,
            Deadline,
            Panic,
            Overloaded,
            Loop,
            Draining,
            Unreachable,
            Lost,
            InProgress,
            Conflict,
            Refused,
            Failed,
            Start,
            Usage,
        ];
        all.into_iter().find(|kind| kind.code() == code)
    }
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

    pub(crate) fn with_text(self, text: String) -> Self {
        self.change(|repr| repr.text = text)
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
    /// (rule R1).
    ///
    /// What is *unknown* is not retryable: it may have run, and to run it twice is harmless only where the handler's effect
    /// says so. The bus has then already tried again (rule R2).
    pub fn is_retryable(&self) -> bool {
        let passes = matches!(
            self.0.kind,
            ErrorKind::NoHandler
                | ErrorKind::Deadline
                | ErrorKind::Overloaded
                | ErrorKind::Draining
                | ErrorKind::Unreachable
                | ErrorKind::Lost
                | ErrorKind::InProgress
        );
        passes && self.0.outcome == Outcome::NotDone
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

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.to_string() == other.to_string()
    }
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
