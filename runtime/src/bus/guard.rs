use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Waker, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

use super::envelope::Envelope;
use crate::handler::BoxFuture;
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::clock;

/// A handler's future with the deadline outside and the panic guard inside (rules R13, R14, R20).
///
/// The timer is set when the handler first has to wait: one that ends at once never touches the clock.
pub(crate) struct Guard<'a> {
    handler: BoxFuture<'a, ()>,
    envelope: &'a Envelope,
    default_budget: Duration,
    timeout: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<'a> Guard<'a> {
    pub(crate) fn new(
        handler: BoxFuture<'a, ()>,
        envelope: &'a Envelope,
        default_budget: Duration,
        timeout: Option<Duration>,
    ) -> Self {
        Guard { handler, envelope, default_budget, timeout, timer: None }
    }

    #[cold]
    fn set_timer(&self) -> Pin<Box<Sleep>> {
        let deadline = self.envelope.deadline(self.default_budget);
        let deadline = match self.timeout {
            Some(timeout) => deadline.min(clock::now() + timeout),
            None => deadline,
        };
        Box::pin(clock::sleep_until(deadline))
    }
}

impl Future for Guard<'_> {
    type Output = Result<(), Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Self::Output> {
        // A handler that panicked is dropped and never polled again, so it cannot be seen half-way.
        match catch_unwind(AssertUnwindSafe(|| self.handler.as_mut().poll(waker))) {
            Ok(Poll::Ready(())) => return Poll::Ready(Ok(())),
            Ok(Poll::Pending) => {}
            Err(panic) => return Poll::Ready(Err(panicked(&*panic))),
        }
        if self.timer.is_none() {
            self.timer = Some(self.set_timer());
        }
        if let Some(timer) = &mut self.timer {
            ready!(timer.as_mut().poll(waker));
        }
        Poll::Ready(Err(late()))
    }
}

/// Runs something that is not a future under the panic guard.
#[inline]
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// The panic guard for what stands round a handler: layers of the user's.
pub(crate) fn unwinding<'a, T>(
    mut future: Pin<Box<impl Future<Output = Result<T, Error>> + Send + 'a>>,
) -> impl Future<Output = Result<T, Error>> + Send {
    std::future::poll_fn(move |waker| {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(waker)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
    })
}

#[cold]
fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text");
    Error::new(ErrorKind::Panic, Outcome::Done, format!("the handler panicked: {text}"))
}

#[cold]
pub(crate) fn late() -> Error {
    Error::new(
        ErrorKind::Deadline,
        Outcome::Unknown,
        "the handler did not end before the deadline and was cancelled; it may have done part of its work",
    )
}

#[cold]
pub(crate) fn too_late() -> Error {
    Error::new(
        ErrorKind::Deadline,
        Outcome::NotDone,
        "no time was left when the message came; give the call a longer deadline or make the chain shorter",
    )
}
