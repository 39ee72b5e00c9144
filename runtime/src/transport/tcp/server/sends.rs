//! Messages for which nobody waits, taken in one after the other: their order is kept.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use super::running::Return;
use crate::handler::BoxFuture;
use crate::message::Error;
use crate::seam::task;

/// The taking in of one message.
type TakeIn = BoxFuture<'static, Result<(), Error>>;

/// Those that wait for room in a queue.
#[derive(Default)]
pub(super) struct Sends(VecDeque<(TakeIn, Option<Return>)>);

impl Sends {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Tries to take one in at once.
    pub(super) fn begin(
        &mut self,
        mut one: TakeIn,
        back: Option<Return>,
    ) -> Option<(Result<(), Error>, Option<Return>)> {
        if self.0.is_empty()
            && let Poll::Ready(result) = one.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            return Some((result, back));
        }
        self.0.push_back((one, back));
        None
    }

    /// Waits until the next one was taken in; for ever if there is none. Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> (Result<(), Error>, Option<Return>) {
        poll_fn(|waker| {
            let Some((first, _)) = self.0.front_mut() else { return Poll::Pending };
            let Poll::Ready(result) = first.as_mut().poll(waker) else { return Poll::Pending };
            let back = self.0.pop_front().and_then(|(_, back)| back);
            Poll::Ready((result, back))
        })
        .await
    }

    /// The connection is gone; what was sent is still taken in.
    pub(super) fn go_on_without_connection(mut self) {
        if self.len() > 0 {
            task::spawn(async move {
                while self.len() > 0 {
                    let (result, _) = self.next().await;
                    log(&result);
                }
            });
        }
    }
}

/// Nobody else will know.
pub(super) fn log(result: &Result<(), Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, "a message that was sent over TCP was not taken in");
    }
}
