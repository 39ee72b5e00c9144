use std::task::{Context as Waker, Poll};

use super::deliver::silent;
use crate::handler::BoxFuture;
use crate::message::{CallError, ErrorReply};

/// A reply as it comes from another process.
type Away = Result<Vec<u8>, CallError<ErrorReply>>;

/// How far a call is whose future is written by hand.
pub(super) enum Stage<'a, R, E> {
    New,
    /// What is left to do is in a box.
    Waits(BoxFuture<'a, Result<R, CallError<E>>>),
    /// The same for a reply of another process, with what reads it.
    Away(BoxFuture<'a, Away>, fn(Away) -> Result<R, CallError<E>>),
    Ended,
}

impl<'a, R, E> Stage<'a, R, E> {
    /// Whether the call is polled for the first time.
    #[inline]
    pub(super) fn begins(&mut self) -> bool {
        let new = matches!(self, Stage::New);
        if new {
            *self = Stage::Ended;
        }
        new
    }

    /// Polls what is left of a call that has begun.
    #[inline(never)]
    pub(super) fn go_on(&mut self, waker: &mut Waker<'_>, reply: &mut Poll<Result<R, CallError<E>>>) {
        *reply = match self {
            Stage::Waits(rest) => rest.as_mut().poll(waker),
            Stage::Away(rest, read) => rest.as_mut().poll(waker).map(*read),
            Stage::New | Stage::Ended => Poll::Ready(Err(CallError::Bus(silent()))),
        };
        if reply.is_ready() {
            *self = Stage::Ended;
        }
    }

    /// Goes on with this.
    pub(super) fn wait_for(
        &mut self,
        rest: BoxFuture<'a, Result<R, CallError<E>>>,
        waker: &mut Waker<'_>,
        reply: &mut Poll<Result<R, CallError<E>>>,
    ) {
        *self = Stage::Waits(rest);
        self.go_on(waker, reply);
    }
}
