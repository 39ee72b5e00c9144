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
    pub(super) fn code(self) -> &'static str {
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
    pub(super) fn of_code(code: &str) -> Option<Self> {
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
