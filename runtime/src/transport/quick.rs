//! A short way for a call of the usual kind.

use tokio::sync::oneshot;

use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};
use crate::seam::clock::Instant;
use crate::transport::Head;

/// What a [`Link`](crate::transport::Link) can do whose calls need no future of its own: the link takes message and head at
/// once, and what is waited for is only the answer. So a call that waits is small, and whatever thread it goes on at has few
/// lines of memory to fetch.
pub trait Quick: Send + Sync {
    /// Sends a message now, if that was `now`. The call ends by itself when its [`Head::budget`] is used up.
    ///
    /// # Errors
    ///
    /// As [`Link::call`](crate::transport::Link::call), for what is known at once.
    fn begin(&self, message: &[u8], head: &Head, now: Instant) -> Result<Begun, Error>;

    /// Nobody waits for this answer any more.
    fn take_back(&self, ticket: Ticket);
}

/// A call on its way.
#[derive(Debug)]
pub struct Begun {
    pub(crate) ticket: Ticket,
    /// Closed without an answer when the runtime shuts down.
    pub(crate) came: oneshot::Receiver<Result<Vec<u8>, CallError<ErrorReply>>>,
}

/// The connection's task was ended from outside: the runtime is shutting down.
#[cold]
pub(crate) fn abandoned() -> Error {
    Error::new(ErrorKind::Lost, Outcome::Unknown, "the connection was given up while the call was in flight")
}

/// Which call of a link it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) connection: u64,
    pub(crate) id: u64,
}
