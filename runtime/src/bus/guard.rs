use std::any::Any;
use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as Waker, Poll, ready};

use super::mounted::Mounted;
use crate::handler::{Context, Input, Output, Slot, Stopped, Work};
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::clock::{self, Instant};

/// A handler that was started and polled once.
pub(crate) enum Begun<'a> {
    /// It has ended, or never began; on success the reply is in the output.
    Ended(Result<(), Error>),
    /// It has to be awaited; see [`wait`].
    Waits(Pin<Box<dyn Work + 'a>>),
}

/// Starts a handler and polls it once, with the panic guard round it (rules R14, R20).
///
/// A handler that ends at once never touches the clock, and nothing of its call is ever kept but on the stack.
#[inline(always)]
pub(crate) fn begin<'a>(
    context: &Context<'_>,
    input: Input<'_, 'a>,
    output: &mut Slot,
    waker: &mut Waker<'_>,
) -> Begun<'a> {
    // A handler that panicked is dropped and never polled again, so it cannot be seen half-way.
    //
    // Two guards and not one, since the compiler takes each of them into the caller, and a larger one not.
    let started =
        catch_unwind(AssertUnwindSafe(|| context.handler().call.start(context, input, Output(output))));
    let mut work = match started {
        Ok(Ok(work)) => work,
        Ok(Err(Stopped(None))) => return Begun::Ended(Ok(())),
        Ok(Err(Stopped(Some(error)))) => return Begun::Ended(Err(error)),
        Err(panic) => return Begun::Ended(Err(panicked(&*panic))),
    };
    match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(waker, Output(output)))) {
        Ok(Poll::Ready(())) => Begun::Ended(Ok(())),
        Ok(Poll::Pending) => Begun::Waits(work),
        Err(panic) => Begun::Ended(Err(panicked(&*panic))),
    }
}

/// Waits for a handler that has just been polled, and no longer than until its deadline (rules R13, R14).
pub(crate) async fn wait(
    work: Pin<Box<dyn Work + '_>>,
    handler: &Mounted,
    deadline: Instant,
    output: &mut Slot,
) -> Result<(), Error> {
    let (mut work, mut timer) = (AtWork { work: Some(work), handler }, pin!(clock::sleep_until(deadline)));
    // It was polled a moment ago: now for the timer to be set.
    let mut polled = true;
    poll_fn(|waker| {
        if !std::mem::take(&mut polled) {
            match catch_unwind(AssertUnwindSafe(|| work.poll(waker, Output(output)))) {
                Ok(Poll::Ready(())) => return Poll::Ready(Ok(())),
                Ok(Poll::Pending) => {}
                Err(panic) => return Poll::Ready(Err(panicked(&*panic))),
            }
        }
        ready!(timer.as_mut().poll(waker));
        Poll::Ready(Err(work.cancel().map_or_else(late, |panic| panicked(&*panic))))
    })
    .await
}

/// A handler at work, which is dropped when its caller goes away. What panics then, in a destructor of the handler's, must
/// not come out where somebody drops a call, who may be unwinding already (rule R13).
struct AtWork<'a> {
    work: Option<Pin<Box<dyn Work + 'a>>>,
    handler: &'a Mounted,
}

impl AtWork<'_> {
    fn poll(&mut self, waker: &mut Waker<'_>, output: Output<'_>) -> Poll<()> {
        match &mut self.work {
            Some(work) => work.as_mut().poll(waker, output),
            None => Poll::Pending,
        }
    }

    /// Drops it; the panic, if there was one.
    fn cancel(&mut self) -> Option<Box<dyn Any + Send>> {
        let work = self.work.take();
        catch_unwind(AssertUnwindSafe(|| drop(work))).err()
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let Some(panic) = self.cancel() else { return };
        CANCELLED_BADLY.set(true);
        // Nobody is left to be told.
        let (pattern, name) = (&self.handler.text, self.handler.about.name());
        tracing::warn!(%pattern, handler = name, "a message was cancelled, and then: {}", panicked(&*panic).text());
    }
}

thread_local! {
    static CANCELLED_BADLY: Cell<bool> = const { Cell::new(false) };
}

/// Whether a handler has panicked as it was cancelled since this thread was last asked. Whoever counts the message asks: it is
/// dropped right after its handler, and the two know nothing else of each other.
pub(super) fn cancelled_badly() -> bool {
    CANCELLED_BADLY.take()
}

/// Makes a panic an error.
pub(crate) async fn catch<T>(run: impl Future<Output = T>) -> Result<T, Error> {
    let mut run = pin!(run);
    poll_fn(|waker| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(waker))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panicked(&*panic))),
    })
    .await
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Error {
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
