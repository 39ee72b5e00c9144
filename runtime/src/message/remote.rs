//! Errors that another process told of, made whole again.

use super::{Error, ErrorKind, Outcome};

impl ErrorKind {
    const ALL: [ErrorKind; 16] = [
        ErrorKind::NoHandler,
        ErrorKind::Malformed,
        ErrorKind::Invalid,
        ErrorKind::Unwritable,
        ErrorKind::Undecodable,
        ErrorKind::Deadline,
        ErrorKind::Panic,
        ErrorKind::Overloaded,
        ErrorKind::Loop,
        ErrorKind::Draining,
        ErrorKind::Unreachable,
        ErrorKind::Lost,
        ErrorKind::Refused,
        ErrorKind::Failed,
        ErrorKind::Start,
        ErrorKind::Usage,
    ];

    /// The kind with this code.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Error {
    /// A failure of the bus in another process. A code that is not known here, from a later version, is kept in the
    /// text.
    pub(crate) fn remote(code: &str, outcome: Outcome, text: &str) -> Self {
        match ErrorKind::of_code(code) {
            Some(kind) => Error::new(kind, outcome, text),
            None => Error::new(ErrorKind::Failed, outcome, format!("{text} ({code})")),
        }
    }
}
