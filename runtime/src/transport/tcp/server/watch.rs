//! What must not take too long on a connection.

use std::time::Duration;

use crate::seam::clock::Instant;
use crate::transport::tcp::options;

/// Since when something is as it should not stay.
#[derive(Debug)]
pub(super) struct Watch {
    /// Whether a frame has come.
    known: bool,
    line: Since,
    write: Since,
    idle: Since,
    /// As `idle`, until the first frame comes: whoever connects and is silent must not keep a place from those who work.
    silent: Since,
}

#[derive(Debug)]
struct Since {
    begin: Option<Instant>,
    limit: Duration,
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    Line,
    Write,
    Idle,
}

/// What was taken of what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Took {
    Nothing,
    /// Empty lines only: they are allowed, and keep no connection alive.
    Blank,
    Frame,
}

/// How a connection is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// A line is begun, and more of it is waited for.
    pub(super) line_begun: bool,
    /// Bytes wait to be written.
    pub(super) unwritten: bool,
    /// Nothing is to do but to wait for the next line, or for the rest of it.
    pub(super) idle: bool,
}

impl Watch {
    pub(super) fn new(options: &options::Server) -> Self {
        let since = |limit| Since { begin: None, limit };
        Watch {
            known: false,
            line: since(options.line_timeout),
            write: since(options.write_timeout),
            idle: since(options.idle_timeout),
            silent: since(options.line_timeout),
        }
    }

    pub(super) fn took(&mut self, took: Took) {
        if took > Took::Nothing {
            self.line.begin = None;
        }
        if took == Took::Frame {
            self.known = true;
            self.idle.begin = None;
        }
    }

    pub(super) fn wrote(&mut self) {
        self.write.begin = None;
    }

    pub(super) fn note(&mut self, now: Instant, seen: Seen) {
        self.line.note(now, seen.line_begun);
        self.write.note(now, seen.unwritten);
        self.idle.note(now, seen.idle);
        self.silent.note(now, seen.idle && !self.known);
    }

    /// What is overdue.
    pub(super) fn overdue(&self, now: Instant) -> Option<Overdue> {
        let kinds = [
            (self.write.end(), Overdue::Write),
            (self.line.end(), Overdue::Line),
            (self.idle_end(), Overdue::Idle),
        ];
        kinds.into_iter().find(|(end, _)| end.is_some_and(|end| end <= now)).map(|(_, kind)| kind)
    }

    /// A line that is begun has its own time to end, and may be one with a request.
    fn idle_end(&self) -> Option<Instant> {
        let line = if self.line.begin.is_some() { self.line.limit } else { Duration::ZERO };
        let ends = [self.idle.end(), self.silent.end()];
        ends.into_iter().flatten().min().map(|end| end + line)
    }

    /// When to look again: no later than anything can be overdue that begins from now on, so that the timer is not
    /// touched each time that something begins or ends.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        let all =
            [(self.line.end(), &self.line), (self.write.end(), &self.write), (self.idle_end(), &self.idle)];
        all.into_iter().map(|(end, since)| end.unwrap_or(now + since.limit)).min().unwrap_or(now)
    }
}

impl Since {
    fn note(&mut self, now: Instant, is: bool) {
        if is {
            self.begin.get_or_insert(now);
        } else {
            self.begin = None;
        }
    }

    fn end(&self) -> Option<Instant> {
        Some(self.begin? + self.limit)
    }
}
