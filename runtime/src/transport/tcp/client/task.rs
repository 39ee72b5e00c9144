//! The task of one connection: connects, writes what callers ask, and brings the answers.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::connection::{Connection, Phase};
use super::{Came, Shared};
use crate::message::{CallError, Error, ErrorKind, Outcome};
use crate::seam::clock::{self, Instant};
use crate::seam::net;
use crate::seam::rarely::Rarely;
use crate::seam::task;
use crate::transport::tcp::answer::Frame;
use crate::transport::tcp::halves::Stream;
use crate::transport::tcp::lines::{Line, Lines};
use crate::transport::tcp::outbox::Outbox;
use crate::transport::tcp::request::{likely_id, message_part};

/// Makes the connection, and tells those who wait if that fails.
pub(super) fn start(shared: &Arc<Shared>, connection: &Arc<Connection>) {
    let alive = Alive { shared: Arc::clone(shared), connection: Arc::clone(connection) };
    task::spawn(async move {
        let Alive { shared, connection } = &alive;
        tokio::select! {
            biased;
            () = Rarely::new(keep_time(shared, connection)) => {}
            () = run(shared, connection) => {}
        }
    });
}

/// Closes the connection with its task. That may be dropped before its end, with the runtime that it is on: those who wait on
/// another one would wait for ever, and so would all who come after them.
struct Alive {
    shared: Arc<Shared>,
    connection: Arc<Connection>,
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.connection.abandon(|left| {
            let what = "the runtime that the connection was on has ended; keep the one that calls first for as long as any";
            let (kind, outcome) = if left {
                (ErrorKind::Lost, Outcome::Unknown)
            } else {
                (ErrorKind::Unreachable, Outcome::NotDone)
            };
            Err(CallError::Bus(self.shared.error(kind, outcome, what)))
        });
    }
}

/// Ends requests when their time is over, as long as the connection lives: one timer for all of them, which is not
/// touched when they come and go.
async fn keep_time(shared: &Shared, connection: &Connection) {
    let late = |time| Err(CallError::Bus(Error::unanswered(&shared.url, time)));
    loop {
        match connection.end_late(clock::now(), late) {
            None => connection.sooner.notified().await,
            Some(look) => tokio::select! {
                biased;
                () = connection.sooner.notified() => {}
                () = clock::sleep_until(look) => {}
            },
        }
    }
}

async fn run(shared: &Shared, connection: &Arc<Connection>) {
    let failed = |what: String, cause| {
        shared.current().backoff.failed(&what);
        let error = shared.error(ErrorKind::Unreachable, Outcome::NotDone, what).with_source(cause);
        connection.close(0, |_| Err(CallError::Bus(error.clone())));
    };
    let stream = match in_time(shared, net::connect(&shared.authority)).await {
        Ok(stream) => stream,
        Err(cause) => {
            let what = format!("cannot connect: {cause}; is the other process up, and this its address?");
            return failed(what, cause);
        }
    };
    let task = Task::new(shared, connection);
    match &shared.options.tls {
        None => task.run(stream).await,
        Some(tls) => match in_time(shared, tls.secure(stream)).await {
            Ok(stream) => task.run(stream).await,
            Err(cause) => failed(format!("cannot connect: {cause}"), cause),
        },
    }
}

async fn in_time<T>(shared: &Shared, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let timeout = shared.options.connect_timeout;
    tokio::select! {
        biased;
        done = step => done,
        () = clock::sleep(timeout) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {timeout:?}")))
        }
    }
}

struct Task<'a> {
    shared: &'a Shared,
    connection: &'a Arc<Connection>,
    out: Outbox,
    /// Since when the other side owes a byte.
    quiet_since: Option<Instant>,
    probed: bool,
    /// Whether the last read had answers for several callers.
    several: bool,
    /// Whether anything was ever read.
    heard: bool,
    /// What the other side last said of the connection as a whole.
    told: Option<Error>,
    answers: Vec<(u64, Came)>,
    found: Vec<(oneshot::Sender<Came>, Came)>,
}

impl<'a> Task<'a> {
    fn new(shared: &'a Shared, connection: &'a Arc<Connection>) -> Self {
        Task {
            shared,
            connection,
            out: Outbox::default(),
            quiet_since: None,
            probed: false,
            several: false,
            heard: false,
            told: None,
            answers: Vec::new(),
            found: Vec::new(),
        }
    }

    async fn run<S: Stream>(mut self, stream: S) {
        self.out = Outbox::of::<S>();
        let cause = self.exchange(stream).await.err();
        let tls = self.shared.options.tls.as_ref().filter(|_| !self.heard);
        let refused = tls.and_then(|tls| tls.refused(cause.as_ref()?));
        let why = match (&refused, &self.told, &cause) {
            (Some(why), _, _) => why.clone(),
            (None, Some(told), _) => told.text().to_owned(),
            (None, None, Some(cause)) => cause.to_string(),
            (None, None, None) => "the other side closed it".to_owned(),
        };
        {
            // Who accepts and closes at once must not be asked in a loop.
            let backoff = &mut self.shared.current().backoff;
            if self.told.is_some() {
                backoff.failed(&why);
            } else if self.heard {
                backoff.succeeded();
            } else {
                backoff.failed(&format!("the last connection ended before anything came over it: {why}"));
            }
        }
        if refused.is_some() {
            // Nothing of what was written was read.
            let error = self.shared.error(ErrorKind::Unreachable, Outcome::NotDone, why);
            return self.connection.close(0, |_| Err(CallError::Bus(error.clone())));
        }
        self.connection.close(self.out.handed(), |left| Err(CallError::Bus(self.lost(left, &why))));
    }

    #[cold]
    fn lost(&self, left: bool, cause: &str) -> Error {
        if left {
            let what = format!("the connection broke while the reply was waited for: {cause}");
            self.shared.error(ErrorKind::Lost, Outcome::Unknown, what)
        } else {
            let what = format!("the connection broke before the message left: {cause}");
            self.shared.error(ErrorKind::Unreachable, Outcome::NotDone, what)
        }
    }

    async fn exchange(&mut self, stream: impl Stream) -> io::Result<()> {
        let (mut reader, mut writer) = stream.halves();
        let mut lines = Lines::new(self.shared.options.max_answer);
        let connection = self.connection;
        let half = self.shared.options.silence_timeout / 2;
        let mut timer = pin!(clock::sleep(half));
        // A connection that nobody uses wakes nobody.
        let mut timed = true;
        loop {
            let (phase, waiting) = self.take();
            if phase != Phase::Open && waiting == 0 && self.out.is_empty() {
                return Ok(());
            }
            if waiting > 0 && self.quiet_since.is_none() {
                self.quiet_since = Some(clock::now());
            }
            let used = waiting > 0 || !self.out.is_empty();
            if used && !timed {
                timed = true;
                timer.as_mut().reset(clock::now() + half);
            }
            tokio::select! {
                biased;
                () = &mut timer, if timed => {
                    self.out.give_back();
                    connection.give_back();
                    lines.give_back();
                    let next = self.look(half)?;
                    timed = used || next.is_some();
                    if timed {
                        timer.as_mut().reset(next.unwrap_or_else(|| clock::now() + half));
                    }
                }
                written = self.out.write(&mut writer), if !self.out.is_empty() => {
                    written?;
                    self.wrote();
                }
                // Of several callers that were woken together, the first one's request would otherwise leave alone: the
                // runtime runs a task that was just woken before those that wait longer.
                () = connection.changed.notified() => if self.several {
                    task::give_way().await;
                },
                read = lines.fill(&mut reader) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    self.read(&mut lines);
                }
            }
        }
    }

    fn take(&mut self) -> (Phase, usize) {
        self.connection.take(&mut self.out)
    }

    fn wrote(&mut self) {
        self.quiet_since.get_or_insert_with(clock::now);
        if self.out.is_empty() {
            self.connection.handed(self.out.handed());
        }
    }

    /// All answers of one read go to their callers before anything else is done.
    fn read(&mut self, lines: &mut Lines) {
        (self.quiet_since, self.probed, self.heard) = (None, false, true);
        while let Some(line) = lines.next() {
            match line {
                Line::Whole(line) if line.trim_ascii().is_empty() => {}
                Line::Whole(line) => match Frame::read(line, &self.shared.limits) {
                    Ok(frame) => self.frame(frame),
                    Err(malformed) => self.unreadable(line, &malformed.to_string()),
                },
                Line::TooLong(head) => {
                    let longest = self.shared.options.max_answer;
                    let why = format!("it is longer than {longest} bytes; see `max_answer`");
                    self.unreadable(&head, &why);
                }
            }
        }
        if !self.answers.is_empty() {
            self.several = self.answers.len() > 1;
            self.connection.answer(&mut self.answers, &mut self.found);
        }
    }

    fn frame(&mut self, frame: Frame) {
        match frame {
            Frame::Answer { id, matchbus, replayed, answer } => {
                if replayed {
                    self.connection.replayed(id);
                }
                if matchbus && !self.connection.is_matchbus() {
                    self.connection.is_a_matchbus();
                }
                self.answers.push((id, answer));
            }
            Frame::GoingAway { taken } => {
                self.connection.going_away(taken, || Err(CallError::Bus(self.not_taken())));
            }
            Frame::Told(CallError::Bus(error)) => self.told = Some(error),
            Frame::Told(app) => self.told = Some(app.into()),
            Frame::Other => tracing::debug!("a TCP frame for nobody was ignored"),
        }
    }

    /// Of a request that the other side did not take.
    #[cold]
    fn not_taken(&self) -> Error {
        let away = "the other process goes away and did not take the message; send it to another one";
        let (kind, what) = match &self.told {
            None => (ErrorKind::Draining, away),
            Some(told) if told.is_overloaded() => (ErrorKind::Overloaded, told.text()),
            Some(told) => (ErrorKind::Unreachable, told.text()),
        };
        self.shared.error(kind, Outcome::NotDone, what)
    }

    #[cold]
    fn unreadable(&mut self, line: &[u8], why: &str) {
        let id = likely_id(line).and_then(|id| message_part(&id));
        let Some(id) = id else {
            return tracing::warn!(why, "a line that is no frame came over TCP and was ignored");
        };
        let what = format!("the handler may have run, but its answer cannot be read: {why}");
        let error = self.shared.error(ErrorKind::Undecodable, Outcome::Unknown, what);
        self.answers.push((id, Err(CallError::Bus(error))));
    }

    /// Sees whether the other side owes a byte for too long; when to look again, unless it owes nothing.
    fn look(&mut self, half: Duration) -> io::Result<Option<Instant>> {
        let now = clock::now();
        // A Seneca has no answer to a probe, and neither has a peer that goes away: it reads no more, and what it took may run
        // for as long as the calls have time.
        let can_be_asked = self.connection.is_matchbus() && self.connection.is_open();
        let Some(since) = self.quiet_since.filter(|_| can_be_asked) else {
            return Ok(None);
        };
        if since + half * 2 <= now {
            let what = format!("nothing came for {:?}; the peer or the way to it is dead", half * 2);
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        if since + half > now {
            return Ok(Some(since + half));
        }
        if !self.probed {
            self.probed = true;
            self.connection.probe();
        }
        Ok(Some((since + half * 2).max(now + Duration::from_millis(1))))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::AsyncWrite;

    use super::super::connection::Asked;
    use super::super::{TcpLink, options};
    use super::*;
    use crate::transport::Tls;

    /// Breaks with the first write.
    struct Broken<const HOLDS_BACK: bool>;

    impl<const HOLDS_BACK: bool> Stream for Broken<HOLDS_BACK> {
        type Reader = tokio::io::Empty;
        type Writer = Self;

        const HOLDS_BACK: bool = HOLDS_BACK;

        fn halves(self) -> (Self::Reader, Self) {
            (tokio::io::empty(), self)
        }
    }

    impl<const HOLDS_BACK: bool> AsyncWrite for Broken<HOLDS_BACK> {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// How a request ends whose connection breaks so.
    async fn outcome(stream: impl Stream) -> Outcome {
        let url = "tcp://127.0.0.1:1".parse().unwrap();
        let link = TcpLink::new(&url, options::Client::of(&url, &Tls::default()).unwrap());
        let connection = Arc::new(Connection::new());
        let asked = Asked { answered: true, receipt: None, time: None };
        let (_, came) = connection.ask(None, asked, |out, _| out.extend_from_slice(b"{}\n")).unwrap();
        Task::new(&link.shared, &connection).run(stream).await;
        came.await.unwrap().unwrap_err().outcome()
    }

    #[tokio::test]
    async fn of_a_write_that_failed_some_may_have_left_where_bytes_are_held_back() {
        assert_eq!(outcome(Broken::<false>).await, Outcome::NotDone);
        assert_eq!(outcome(Broken::<true>).await, Outcome::Unknown);
    }
}
