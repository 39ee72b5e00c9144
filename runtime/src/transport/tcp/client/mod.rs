//! The calling side.

mod backoff;
mod connection;
mod pending;
mod task;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use backoff::Backoff;
use connection::{Asked, Connection, Refusal};
use pending::{Time, Waiting};

use super::DEFAULT_PORT;
use super::answer::Answer;
use super::options;
use super::request::{self, Style, Want};
use crate::handler::BoxFuture;
use crate::message::json::Limits;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Id, Outcome};
use crate::seam::clock::{self, Instant};
use crate::transport::quick::{Begun, Quick, Ticket};
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
    /// How many connections there were.
    number: u64,
    /// Those before, with their numbers, as long as they live: somebody may still wait for answers of theirs.
    earlier: Vec<(u64, Weak<Connection>)>,
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
        self.open(&mut self.shared.current()).map(Arc::clone)
    }

    /// The same, for those who look at it under the lock.
    fn open<'c>(&self, current: &'c mut Current) -> Result<&'c Arc<Connection>, Error> {
        if !current.connection.as_ref().is_some_and(|connection| connection.is_open()) {
            self.reopen(current)?;
        }
        current.connection.as_ref().ok_or_else(|| self.closed_just_now())
    }

    #[cold]
    fn reopen(&self, current: &mut Current) -> Result<(), Error> {
        if let Some(left) = current.backoff.left() {
            let (why, ms) = (current.backoff.why(), left.as_millis().max(1));
            let what = format!("{why} (that was just now; the next try is in {ms} ms)");
            return Err(self.shared.error(ErrorKind::Unreachable, Outcome::NotDone, what));
        }
        let connection = Arc::new(Connection::new());
        task::start(&self.shared, &connection);
        if !connection.is_open() {
            // The runtime shuts down, and has dropped its task at once; the next one would end like this.
            return Err(self.closed_just_now());
        }
        if let Some(earlier) = current.connection.replace(connection) {
            current.earlier.retain(|(_, earlier)| earlier.strong_count() > 0);
            current.earlier.push((current.number, Arc::downgrade(&earlier)));
        }
        current.number += 1;
        Ok(())
    }

    #[cold]
    fn closed_just_now(&self) -> Error {
        self.shared.error(ErrorKind::Unreachable, Outcome::NotDone, "the connection closed just now")
    }

    /// Puts a request into the write buffer of the connection.
    fn ask(&self, message: &[u8], head: &Head, want: Want) -> Result<Waiting, Error> {
        loop {
            let connection = self.connection()?;
            match self.put(&connection, message, head, want, clock::now()) {
                Ok((id, came)) => return Ok(Waiting { connection, id, came, ended: false }),
                Err(refusal) => self.refused(refusal)?,
            }
        }
    }

    fn put(
        &self,
        connection: &Connection,
        message: &[u8],
        head: &Head,
        want: Want,
        now: Instant,
    ) -> Result<(u64, oneshot::Receiver<Came>), Refusal> {
        let seneca = self.shared.seneca;
        let style = Style { seneca, origin: seneca || !connection.is_matchbus(), want };
        // A Seneca knows repeats by the frame's id, so for one it comes from the message's own id.
        let id = || ids::to_seneca(head.id.unwrap_or_else(Id::generate), head.trace);
        let asked = Asked {
            answered: want != Want::Nothing,
            receipt: head.receipt.as_ref(),
            // Where nothing is left, the other side says that nothing was done.
            time: head.budget.filter(|budget| !budget.is_zero()).map(|whole| Time::from(now, whole)),
        };
        connection.ask(seneca.then(id), asked, |out, id| request::act(out, id, message, head, style))
    }

    /// Of a connection that ended in this moment another one may be asked: its end is known by now.
    #[cold]
    fn refused(&self, refusal: Refusal) -> Result<(), Error> {
        match refusal {
            Refusal::Closed => Ok(()),
            Refusal::Full => {
                let what = "too many bytes wait to be written; the peer does not read fast enough";
                Err(self.shared.error(ErrorKind::Overloaded, Outcome::NotDone, what))
            }
        }
    }

    async fn ask_for_catalogue(&self) -> Result<Option<Vec<u8>>, Error> {
        let connection = self.connection()?;
        let asked = Asked { answered: true, receipt: None, time: None };
        let asked = connection.ask(None, asked, |out, id| request::other(out, id, "catalogue"));
        let Ok((id, came)) = asked else { return Err(self.closed_just_now()) };
        let waiting = Waiting { connection, id, came, ended: false };
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

    fn quick(&self) -> Option<&dyn Quick> {
        Some(self)
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

/// With one lock for the link and one for its connection, both held while the request is written, a call touches nothing
/// else that other threads write.
impl Quick for TcpLink {
    fn begin(&self, message: &[u8], head: &Head, now: Instant) -> Result<Begun, Error> {
        let mut current = self.shared.current();
        loop {
            let connection = self.open(&mut current)?;
            match self.put(connection, message, head, Want::Reply, now) {
                Ok((id, came)) => {
                    return Ok(Begun { ticket: Ticket { connection: current.number, id }, came });
                }
                Err(refusal) => self.refused(refusal)?,
            }
        }
    }

    fn take_back(&self, ticket: Ticket) {
        let current = self.shared.current();
        let connection = if current.number == ticket.connection {
            current.connection.clone()
        } else {
            let mut earlier = current.earlier.iter();
            earlier.find(|(number, _)| *number == ticket.connection).and_then(|(_, it)| it.upgrade())
        };
        drop(current);
        if let Some(connection) = connection {
            connection.take_back(ticket.id);
        }
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
