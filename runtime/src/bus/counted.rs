//! Counts messages in and out.

use std::mem;
use std::sync::atomic::{Ordering, compiler_fence};
use std::task::Poll;

use super::core::Core;
use super::deliver::silent;
use super::envelope::Envelope;
use super::guard::cancelled_badly;
use super::mounted::Mounted;
use crate::flow::{End, Mine};
use crate::message::{CallError, Error, Outcome};

/// Counts one message in and out; a message that is dropped half-way has an unknown outcome.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    core: &'a Core,
    flow: u32,
    end: End,
}

/// As [`Counted`], for as long as the message stays on one thread, as most do until their end: the counters of the thread
/// are looked up once. It cannot be sent to another one. It counts the end when it is dropped, and is not moved for that.
#[derive(Debug)]
pub(crate) struct CountedHere<'a> {
    core: &'a Core,
    mine: Mine<'a>,
    end: End,
}

impl Core {
    /// Counts a message in. Whoever does so asks next whether the bus [`refuses`](Core::refuses) it, so that who drains
    /// sees this message or this message sees the draining.
    #[inline]
    pub(crate) fn count_here(&self, handler: &Mounted) -> CountedHere<'_> {
        CountedHere { core: self, mine: self.flows.start(handler.flow), end: End::Unknown }
    }

    /// As [`count_here`](Core::count_here), for a message that is about to wait.
    pub(crate) fn count(&self, handler: &Mounted) -> Counted<'_> {
        self.count_here(handler).travels(handler)
    }

    /// A message was counted out.
    #[inline]
    fn left(&self) {
        // After the count, as the compiler sees it too; what the processor turns round, `drain` waits for.
        compiler_fence(Ordering::SeqCst);
        if self.lifecycle.is_draining() {
            self.lifecycle.message_ended();
        }
    }
}

impl<'a> CountedHere<'a> {
    /// The message ended like this.
    #[inline(always)]
    pub(crate) fn ended<T, E>(&mut self, reply: &Result<T, CallError<E>>) {
        self.end = end_of(reply);
    }

    /// The message ended with a failure of the bus.
    #[inline(always)]
    pub(crate) fn failed(&mut self, error: Error, handler: &Mounted, envelope: &Envelope<'_>) -> Error {
        self.end = end_of_error(&error);
        named(error, handler, envelope)
    }

    /// The message may end on another thread.
    #[inline(always)]
    pub(crate) fn travels(self, handler: &Mounted) -> Counted<'a> {
        let counted = Counted { core: self.core, flow: handler.flow, end: End::Unknown };
        mem::forget(self);
        counted
    }
}

impl Drop for CountedHere<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.mine.end(self.end);
        self.core.left();
    }
}

impl Counted<'_> {
    /// The handler has ended: sees to it that there is a reply or an error, and counts which.
    pub(crate) fn end<T, E>(
        self,
        result: Result<(), Error>,
        reply: Poll<Result<T, CallError<E>>>,
        handler: &Mounted,
        envelope: &Envelope<'_>,
    ) -> Result<T, CallError<E>> {
        if let Err(error) = result {
            return Err(CallError::Bus(self.failed(error, handler, envelope)));
        }
        let reply = match reply {
            Poll::Ready(reply) => reply,
            Poll::Pending => Err(CallError::Bus(silent())),
        };
        self.ended(&reply);
        reply
    }

    /// As [`CountedHere::ended`].
    pub(crate) fn ended<T, E>(mut self, reply: &Result<T, CallError<E>>) {
        self.end = end_of(reply);
    }

    /// As [`CountedHere::failed`].
    #[cold]
    pub(crate) fn failed(mut self, error: Error, handler: &Mounted, envelope: &Envelope<'_>) -> Error {
        self.end = end_of_error(&error);
        named(error, handler, envelope)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if self.end == End::Unknown && cancelled_badly() {
            self.end = End::Failed;
        }
        self.core.flows.end(self.flow, self.end);
        self.core.left();
    }
}

#[inline]
fn end_of<T, E>(reply: &Result<T, CallError<E>>) -> End {
    match reply {
        Ok(_) => End::Replied,
        Err(CallError::App(_)) => End::Failed,
        Err(CallError::Bus(error)) => end_of_error(error),
    }
}

#[cold]
fn end_of_error(error: &Error) -> End {
    match error.outcome() {
        Outcome::Done => End::Failed,
        Outcome::NotDone => End::NotDone,
        Outcome::Unknown => End::Unknown,
    }
}

#[cold]
fn named(error: Error, handler: &Mounted, envelope: &Envelope<'_>) -> Error {
    error.at_pattern(&handler.text).of_message(&envelope.id().to_string())
}
