use std::task::{Context as Waker, Poll};

use super::deliver::silent;
use crate::handler::BoxFuture;
use crate::message::CallError;

/// How far a call is whose future is written by hand.
pub(super) enum Stage<'a, R, E> {
    New,
    /// What is left to do is in a box.
    Waits(BoxFuture<'a, Result<R, CallError<E>>>),
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
        if let Stage::Waits(rest) = self {
            *reply = rest.as_mut().poll(waker);
            if reply.is_ready() {
                *self = Stage::Ended;
            }
        } else {
            *reply = Poll::Ready(Err(CallError::Bus(silent())));
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
