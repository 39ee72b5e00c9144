//! One connection, from its first line to its last answer.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::refuse;
use super::running::{CancelAll, Return, Running};
use super::sends::{self, Sends};
use super::watch::{Overdue, Seen, Took, Watch};
use crate::handler::BoxFuture;
use crate::message::json::Limits;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Receipt};
use crate::seam::clock::{self, Instant};
use crate::seam::rarely::Rarely;
use crate::seam::task;
use crate::transport::Door;
use crate::transport::tcp::answer::{self, Answer, To};
use crate::transport::tcp::halves::Stream;
use crate::transport::tcp::lines::{Line, Lines};
use crate::transport::tcp::message::Incoming;
use crate::transport::tcp::options;
use crate::transport::tcp::outbox::Outbox;
use crate::transport::tcp::request::{Kind, Refused, Request, likely_id};

/// What a frame may have beyond its message.
const BESIDE: usize = 16 * 1024;
const KEYS_BESIDE: usize = 1024;
/// At so many unwritten bytes no further requests are taken (rule R17).
const MOST_UNWRITTEN: usize = 256 * 1024;
/// After so long in one batch the rest of it goes to other threads.
const LONG_BATCH: Duration = Duration::from_millis(1);

/// Serves one peer until it goes away, is sent away, or the door closes.
pub(super) async fn run<S: Stream>(stream: S, options: options::Server, door: Door) -> io::Result<()> {
    let mut it = Connection::new(&options, door.clone());
    let mut lines = Lines::new(door.limits().max_bytes() + BESIDE);
    let mut watch = Watch::new(&options);
    let cancel_all = CancelAll(Arc::clone(&it.running));
    let mut closed = pin!(Rarely::new(door.closed()));
    let mut timer = pin!(clock::sleep_until(watch.next_look(clock::now())));
    let (mut reader, mut writer) = stream.halves();
    let result = loop {
        if it.reading {
            watch.took(it.take_lines(&mut lines));
        }
        it.gather();
        if it.is_done() {
            break Ok(());
        }
        let has_room = it.has_room();
        watch.note(clock::now(), it.seen(&lines, has_room));
        tokio::select! {
            biased;
            // What is rare comes first: it must be seen on a busy connection too.
            () = &mut closed, if it.reading => it.go_away(),
            () = &mut timer => {
                it.out.give_back();
                lines.give_back();
                let now = clock::now();
                match watch.overdue(now) {
                    Some(Overdue::Write) => break Err(io::ErrorKind::TimedOut.into()),
                    Some(Overdue::Line) => it.too_slow(&options),
                    Some(Overdue::Idle) => it.go_away(),
                    None => {}
                }
                timer.as_mut().reset(watch.next_look(now).max(now + Duration::from_millis(1)));
            }
            (result, back) = it.sends.next(), if it.sends.len() > 0 => it.sent(result, back),
            // Before the next read, so that the answers of one batch leave in one write.
            written = it.out.write(&mut writer), if !it.out.is_empty() => match written {
                Ok(()) => watch.wrote(),
                Err(error) => break Err(error),
            },
            // Of several handlers that end together, the answers are to leave together.
            () = it.running.changed.notified() => if it.in_flight > 1 {
                task::give_way().await;
            },
            read = lines.fill(&mut reader), if it.reading && has_room => match read {
                Ok(0) if it.matchbus => break Ok(()),
                // Others may close their sending side and still wait for answers.
                Ok(0) => it.reading = false,
                Ok(_) => {}
                Err(error) => break Err(error),
            },
        }
    };
    drop(cancel_all);
    it.sends.go_on_without_connection();
    if result.is_ok() {
        refuse::linger_a_moment(&mut reader, &mut writer).await;
    }
    result
}

struct Connection {
    door: Door,
    /// What a line may be.
    limits: Limits,
    max_in_flight: usize,
    running: Arc<Running>,
    /// How many are in `running`, as last seen.
    in_flight: usize,
    sends: Sends,
    out: Outbox,
    /// How many requests were taken.
    taken: u64,
    /// Whether more are taken.
    reading: bool,
    /// Whether the peer is one of ours.
    matchbus: bool,
    /// Whether it sent a message as only others do.
    other: bool,
}

impl Connection {
    fn new(options: &options::Server, door: Door) -> Self {
        let message = *door.limits();
        let limits = message
            .bytes(message.max_bytes() + BESIDE)
            .depth(message.max_depth() + 1)
            .keys(message.max_keys() + KEYS_BESIDE);
        Connection {
            door,
            limits,
            max_in_flight: options.max_in_flight,
            running: Arc::default(),
            in_flight: 0,
            sends: Sends::default(),
            out: Outbox::default(),
            taken: 0,
            reading: true,
            matchbus: false,
            other: false,
        }
    }

    fn has_room(&self) -> bool {
        self.in_flight + self.sends.len() < self.max_in_flight && self.out.len() < MOST_UNWRITTEN
    }

    fn is_done(&self) -> bool {
        !self.reading && self.in_flight == 0 && self.sends.len() == 0 && self.out.is_empty()
    }

    fn seen(&self, lines: &Lines, has_room: bool) -> Seen {
        let waits_for_lines = self.reading && has_room;
        let line_begun = waits_for_lines && lines.is_begun();
        let busy = self.in_flight > 0 || self.sends.len() > 0 || !self.out.is_empty();
        Seen { line_begun, unwritten: !self.out.is_empty(), idle: waits_for_lines && !busy }
    }

    /// Takes over what the tasks of handlers wrote.
    fn gather(&mut self) {
        self.in_flight = self.running.take(|out| self.out.take_over(out));
    }

    /// Takes the requests that are complete, as far as there is room.
    fn take_lines(&mut self, lines: &mut Lines) -> Took {
        let begin = clock::now();
        let mut took = Took::Nothing;
        while self.has_room() {
            match lines.next() {
                None => break,
                Some(Line::Whole(line)) if line.trim_ascii().is_empty() => {
                    took = took.max(Took::Blank);
                    continue;
                }
                Some(Line::Whole(line)) => self.take(line, begin),
                Some(Line::TooLong(head)) => self.too_long(&head),
            }
            took = Took::Frame;
        }
        took
    }

    fn take(&mut self, line: &[u8], begin: Instant) {
        let request = match Request::read(line, &self.limits) {
            Ok(request) => request,
            Err(Refused { id, error }) => {
                // It may have been a request: to count one too many only makes the peer less sure.
                self.taken += 1;
                return self.refuse(id.as_deref(), error);
            }
        };
        let (id, matchbus) = (request.id, true);
        let to_ours = To { id, origin: None, matchbus, receipt: None };
        match request.kind {
            Kind::Act => self.act(&request, begin),
            Kind::Cancel => self.running.cancel(id.unwrap_or_default()),
            Kind::Catalogue => {
                self.taken += 1;
                to_ours.write(self.out.end(), &Ok(self.door.catalogue().into_bytes()));
            }
            Kind::Health => {
                let text = format!("{{\"ready\":{}}}", self.door.is_ready());
                to_ours.write(self.out.end(), &Ok(text.into_bytes()));
            }
            // No frame of any version: most likely somebody typed a message into `nc`.
            Kind::None => {
                self.taken += 1;
                let text = "the line has no `kind`, so it is no frame; a message goes as \
                            {\"id\":\"1\",\"kind\":\"act\",\"sync\":true,\"act\":{…}}";
                self.refuse(id, Error::new(ErrorKind::Malformed, Outcome::NotDone, text));
            }
            // From a later version, perhaps.
            Kind::Other => tracing::debug!("a TCP frame of an unknown kind was ignored"),
        }
    }

    fn act(&mut self, request: &Request<'_>, begin: Instant) {
        self.taken += 1;
        let matchbus = request.mb.is_some();
        let mut to = To { id: request.id, origin: request.origin, matchbus, receipt: None };
        self.matchbus |= matchbus;
        self.other |= !matchbus;
        let Some(act) = request.act else {
            let text = "the frame has no message; put it under the key `act`";
            return self.refuse(request.id, Error::new(ErrorKind::Malformed, Outcome::NotDone, text));
        };
        let mut incoming = Incoming::of(request, act, self.door.limits(), self.door.budget());
        // What is published goes to everybody who wants it, so that there is no reply to wait for.
        if request.sync && !incoming.send && !incoming.head.published {
            let receipt = (matchbus && self.door.remembers()).then(Receipt::new);
            incoming.head.receipt.clone_from(&receipt);
            to.receipt = receipt.as_ref();
            self.call(incoming, to, begin);
        } else {
            self.take_in(incoming, request.sync.then_some(to));
        }
    }

    fn call(&mut self, incoming: Incoming, to: To<'_>, begin: Instant) {
        let mut call = answered(self.door.clone(), incoming);
        // Most handlers end at once; those need no task. The waker is of no use: a task asks again.
        if clock::now().duration_since(begin) < LONG_BATCH
            && let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            return to.write(self.out.end(), &answer);
        }
        self.in_flight += 1;
        self.running.spawn(call, Return::of(to));
    }

    fn take_in(&mut self, incoming: Incoming, to: Option<To<'_>>) {
        let door = self.door.clone();
        let one = Box::pin(async move { door.send(&incoming.message, incoming.head).await });
        if let Some((result, back)) = self.sends.begin(one, to.map(Return::of)) {
            self.sent(result, back);
        }
    }

    fn sent(&mut self, result: Result<(), Error>, back: Option<Return>) {
        match back {
            None => sends::log(&result),
            Some(back) => {
                let answer = result.map(|()| Vec::new()).map_err(CallError::Bus);
                back.to().write(self.out.end(), &answer);
            }
        }
    }

    fn refuse(&mut self, id: Option<&str>, error: Error) {
        let to = To { id, origin: None, matchbus: self.matchbus, receipt: None };
        to.write(self.out.end(), &Err(CallError::Bus(error)));
    }

    #[cold]
    fn too_long(&mut self, head: &[u8]) {
        self.taken += 1;
        let text = format!(
            "a line is longer than the {} bytes that a message may have; send less or raise the limit",
            self.door.limits().max_bytes()
        );
        let id = likely_id(head);
        self.refuse(id.as_deref(), Error::new(ErrorKind::Malformed, Outcome::NotDone, text));
    }

    #[cold]
    fn too_slow(&mut self, options: &options::Server) {
        let text = format!(
            "a line was begun and not completed within {:?}; send it faster, or raise `line_timeout`",
            options.line_timeout
        );
        self.refuse(None, Error::new(ErrorKind::Deadline, Outcome::NotDone, text));
        self.go_away();
    }

    /// Takes no more; what runs is still answered. Who has sent no message may be one of ours too, and its first one may be on
    /// its way: it is told that this one was not taken. Others ignore that.
    #[cold]
    fn go_away(&mut self) {
        self.reading = false;
        if self.matchbus || !self.other {
            answer::going_away(self.out.end(), self.taken);
        }
    }
}

/// A message's way through the door.
fn answered(door: Door, incoming: Incoming) -> BoxFuture<'static, Answer> {
    Box::pin(async move {
        let Incoming { message, head, default, .. } = incoming;
        let answer = door.call(&message, head).await;
        match (answer, default) {
            (Err(CallError::Bus(error)), Some(default)) if error.is_no_handler() => Ok(default),
            (answer, _) => answer as Result<_, CallError<ErrorReply>>,
        }
    })
}
