/// Each kind with its code, once: a kind that could be written and not read would come over a wire as another one.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal,)*) => {
        /// The kinds behind [`Error::code`](super::Error::code).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            pub(super) fn code(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => $code,)*
                }
            }

            /// The kind with this code, for an error that came over a wire; `None` if this version has no such kind.
            pub(super) fn of_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(ErrorKind::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// Nobody answers such a message.
    NoHandler = "no-handler",
    /// The bytes are no message.
    Malformed = "malformed",
    /// The message does not fit the handler's type.
    Invalid = "invalid-message",
    /// The reply cannot be written as JSON.
    Unwritable = "unwritable-reply",
    /// The reply does not fit the caller's type.
    Undecodable = "undecodable-reply",
    /// Time is up.
    Deadline = "deadline",
    /// A handler panicked.
    Panic = "panic",
    /// A queue or a handler is full.
    Overloaded = "overloaded",
    /// Handlers call each other in circles.
    Loop = "loop",
    /// The process is shutting down.
    Draining = "draining",
    /// No connection to the other process could be made, or it never took the message.
    Unreachable = "unreachable",
    /// The connection broke after the message may have left.
    Lost = "connection-lost",
    /// An earlier message with the same idempotency key still runs.
    InProgress = "in-progress",
    /// Another message came with the same idempotency key.
    Conflict = "conflict",
    /// Something the user added to the bus said no.
    Refused = "refused",
    /// A handler ended with a failure of a call that it made.
    Failed = "handler-failed",
    /// The bus could not start.
    Start = "start",
    /// The command line or a file is wrong.
    Usage = "usage",
}
