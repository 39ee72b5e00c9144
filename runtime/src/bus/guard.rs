use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Waker, Poll, ready};

use tokio::time::Sleep;

use crate::handler::{BoxFuture, Context, Input, Output};
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::clock;

/// A handler at work, with the deadline outside and the panic guard inside (rules R13, R14, R20).
///
/// It is started and awaited where it stands, by reference: a future that is moved after it was made costs as much as the
/// call of a small handler (measured). The timer is set when the handler first has to wait: one that ends at once never
/// touches the clock.
pub(crate) struct Guard<'a> {
    context: &'a Context<'a>,
    work: Work<'a>,
    timer: Option<Pin<Box<Sleep>>>,
}

enum Work<'a> {
    None,
    Handler(BoxFuture<'a, ()>),
    /// Behind layers or a concurrency limit, where another guard looks after the deadline.
    Behind(BoxFuture<'a, Result<(), Error>>),
}

impl<'a> Guard<'a> {
    #[inline]
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Guard { context, work: Work::None, timer: None }
    }

    /// Starts the handler; `None` if it has to be awaited.
    #[inline(always)]
    pub(crate) fn start(&mut self, input: Input<'a>, output: Output<'a>) -> Option<Result<(), Error>> {
        let context = self.context;
        // A handler that panicked is dropped and never polled again, so it cannot be seen half-way.
        match catch_unwind(AssertUnwindSafe(|| context.handler().call.start(context, input, output))) {
            Ok(Ok(Some(future))) => {
                self.work = Work::Handler(future);
                None
            }
            Ok(Ok(None)) => Some(Ok(())),
            Ok(Err(error)) => Some(Err(error)),
            Err(panic) => Some(Err(panicked(&*panic))),
        }
    }

    /// Awaits this, which starts the handler.
    pub(crate) fn set_behind(&mut self, work: BoxFuture<'a, Result<(), Error>>) {
        self.work = Work::Behind(work);
    }

    /// As a future's `poll`, after `start` has said that this is to be awaited.
    #[inline(always)]
    pub(crate) fn poll(&mut self, waker: &mut Waker<'_>) -> Poll<Result<(), Error>> {
        let Work::Handler(handler) = &mut self.work else { return self.poll_behind(waker) };
        match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(waker))) {
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Ok(Poll::Pending) => self.wait(waker),
            Err(panic) => {
                self.work = Work::None;
                Poll::Ready(Err(panicked(&*panic)))
            }
        }
    }

    /// The handler has to wait: for what it waits for, and for its deadline.
    #[cold]
    fn wait(&mut self, waker: &mut Waker<'_>) -> Poll<Result<(), Error>> {
        let context = self.context;
        let timer = self.timer.get_or_insert_with(|| {
            let deadline = context.envelope().deadline(context.core().settings.budget);
            let deadline = match context.handler().timeout {
                Some(timeout) => deadline.min(clock::now() + timeout),
                None => deadline,
            };
            Box::pin(clock::sleep_until(deadline))
        });
        ready!(timer.as_mut().poll(waker));
        Poll::Ready(Err(late()))
    }

    #[cold]
    fn poll_behind(&mut self, waker: &mut Waker<'_>) -> Poll<Result<(), Error>> {
        let Work::Behind(work) = &mut self.work else { return Poll::Pending };
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(waker))).unwrap_or_else(|panic| {
            self.work = Work::None;
            Poll::Ready(Err(panicked(&*panic)))
        })
    }
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
