//! The calling side.

mod backoff;
mod connection;
mod pending;
mod task;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backoff::Backoff;
use connection::{Asked, Connection};
use pending::{Time, Waiting};

use super::DEFAULT_PORT;
use super::answer::Answer;
use super::options;
use super::request::{self, Style, Want};
use crate::handler::BoxFuture;
use crate::message::json::Limits;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Id, Outcome};
use crate::seam::clock;
use crate::transport::seneca::ids;
use crate::transport::{Head, Link, Url};

/// How long a peer of unknown kind may take to say who answers what; a Seneca never will.
const CATALOGUE_TIMEOUT: Duration = Duration::from_secs(2);

/// A way to one process: one connection, made when it is first needed.
pub(super) struct TcpLink {
    shared: Arc<Shared>,
}

/// What a link shares with the tasks of its connections.
struct Shared {
    /// For texts.
    url: Url,
    authority: String,
    options: options::Client,
    /// What an answer may be.
    limits: Limits,
    /// The other side is a Seneca, says the scheme.
    seneca: bool,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    connection: Option<Arc<Connection>>,
    backoff: Backoff,
}

impl Shared {
    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, kind: ErrorKind, outcome: Outcome, what: impl fmt::Display) -> Error {
        Error::new(kind, outcome, format!("{what} (at `{}`)", self.url))
    }
}

impl TcpLink {
    pub(super) fn new(url: &Url, options: options::Client) -> Self {
        let limits = Limits::default().bytes(options.max_answer).depth(Limits::DEEPEST).keys(usize::MAX);
        TcpLink {
            shared: Arc::new(Shared {
                url: url.clone(),
                authority: url.authority(DEFAULT_PORT),
                options,
                limits,
                seneca: url.scheme().starts_with("seneca"),
                current: Mutex::default(),
            }),
        }
    }

    /// The connection, or a new one that is being made.
    fn connection(&self) -> Result<Arc<Connection>, Error> {
        let mut current = self.shared.current();
        if let Some(connection) = &current.connection
            && connection.is_open()
        {
            return Ok(Arc::clone(connection));
        }
        if let Some(left) = current.backoff.left() {
            let (why, ms) = (current.backoff.why(), left.as_millis().max(1));
            let what = format!("{why} (that was just now; the next try is in {ms} ms)");
            return Err(self.shared.error(ErrorKind::Unreachable, Outcome::NotDone, what));
        }
        let connection = Arc::new(Connection::new());
        current.connection = Some(Arc::clone(&connection));
        task::start(&self.shared, &connection);
        Ok(connection)
    }

    /// Puts a request into the write buffer of the connection.
    fn ask(&self, message: &[u8], head: &Head, want: Want) -> Result<Waiting, Error> {
        loop {
            let connection = self.connection()?;
            let style = Style {
                seneca: self.shared.seneca,
                origin: self.shared.seneca || !connection.is_matchbus(),
                want,
            };
            // A Seneca knows repeats by the frame's id, so for one it comes from the message's own id.
            let id = || ids::to_seneca(head.id.unwrap_or_else(Id::generate), head.trace);
            let id = self.shared.seneca.then(id);
            let asked = Asked {
                answered: want != Want::Nothing,
                receipt: head.receipt.as_ref(),
                // Where nothing is left, the other side says that nothing was done.
                time: head.budget.filter(|budget| !budget.is_zero()).map(Time::from_now),
            };
            match connection.ask(id, asked, |out, id| request::act(out, id, message, head, style)) {
                Ok(waiting) => return Ok(waiting),
                // It ended in this moment; its end is known to `connection` by now.
                Err(connection::Refusal::Closed) => {}
                Err(connection::Refusal::Full) => {
                    let what = "too many bytes wait to be written; the peer does not read fast enough";
                    return Err(self.shared.error(ErrorKind::Overloaded, Outcome::NotDone, what));
                }
            }
        }
    }

    async fn ask_for_catalogue(&self) -> Result<Option<Vec<u8>>, Error> {
        let connection = self.connection()?;
        let asked = Asked { answered: true, receipt: None, time: None };
        let asked = connection.ask(None, asked, |out, id| request::other(out, id, "catalogue"));
        let Ok(waiting) = asked else {
            let what = "the connection closed just now";
            return Err(self.shared.error(ErrorKind::Unreachable, Outcome::NotDone, what));
        };
        tokio::select! {
            biased;
            answer = waiting => answer.map(Some).map_err(in_short),
            () = clock::sleep(CATALOGUE_TIMEOUT) => Ok(None),
        }
    }
}

impl Link for TcpLink {
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(async move { self.ask(message, head, Want::Reply)?.await })
    }

    fn keeps_time(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, message: &'a [u8], head: &'a Head) -> BoxFuture<'a, Result<(), Error>> {
        // A Seneca would answer when the handler has ended: too late for somebody who does not wait for it.
        let want = if self.shared.seneca { Want::Nothing } else { Want::Taken };
        Box::pin(async move { self.ask(message, head, want)?.await.map(drop).map_err(in_short) })
    }

    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>> {
        if self.shared.seneca {
            return Box::pin(async { Ok(None) });
        }
        Box::pin(self.ask_for_catalogue())
    }
}

/// A failure of something for which nobody waits has no type.
fn in_short(error: CallError<ErrorReply>) -> Error {
    match error {
        CallError::Bus(error) => error,
        app @ CallError::App(_) => app.into(),
    }
}

impl Drop for TcpLink {
    fn drop(&mut self) {
        if let Some(connection) = self.shared.current().connection.take() {
            connection.leave();
        }
    }
}

impl fmt::Debug for TcpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TcpLink").field(&self.shared.url).finish()
    }
}

/// What came for a call, or why nothing came.
type Came = Answer;
