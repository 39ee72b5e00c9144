//! A handler that runs on when its caller goes away: a repeat of the message is to find its reply.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Waker, Poll};

use tokio::sync::OwnedSemaphorePermit;

use super::memory::{Stored, Ticket};
use crate::bus::core::Core;
use crate::bus::deliver::silent;
use crate::bus::envelope::Carried as Head;
use crate::bus::guard::catch;
use crate::handler::{BoxFuture, Context, InputKind, JsonReply};
use crate::message::json::Scan;
use crate::message::{CallError, Error};
use crate::seam::task;

/// All that the handler needs, owned.
pub(super) struct Carried {
    handler: u32,
    head: Head,
    message: Vec<u8>,
    /// Its place under the concurrency limit.
    place: Option<OwnedSemaphorePermit>,
}

impl Carried {
    pub(super) fn of(context: &Context<'_>, scan: &Scan<'_>, place: Option<OwnedSemaphorePermit>) -> Self {
        Carried {
            handler: context.handler().flow,
            head: context.envelope().carried(),
            message: scan.bytes().to_vec(),
            place,
        }
    }
}

/// The run of a handler. It is polled where its caller waits, as any other; if the caller goes away first, it goes on
/// by itself until its end or its deadline, and the shutdown waits for it.
pub(super) struct Alone {
    run: Option<BoxFuture<'static, Arc<Stored>>>,
    core: Arc<Core>,
}

impl Alone {
    pub(super) fn new(core: &Arc<Core>, carried: Carried, ticket: Ticket) -> Self {
        Alone { run: Some(Box::pin(run(Arc::clone(core), carried, ticket))), core: Arc::clone(core) }
    }
}

impl Future for Alone {
    type Output = Arc<Stored>;

    fn poll(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Arc<Stored>> {
        // Taken out, so that a run that panics is not polled again.
        let Some(mut run) = self.run.take() else { return Poll::Pending };
        let polled = run.as_mut().poll(waker);
        if polled.is_pending() {
            self.run = Some(run);
        }
        polled
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let Some(run) = self.run.take() else { return };
        let left = Left::behind(&self.core);
        task::spawn_if_possible(async move {
            run.await;
            drop(left);
        });
    }
}

/// Counts one run that nobody waits for.
struct Left(Arc<Core>);

impl Left {
    fn behind(core: &Arc<Core>) -> Self {
        core.queued.enter();
        Left(Arc::clone(core))
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.0.queued.leave();
    }
}

async fn run(core: Arc<Core>, carried: Carried, ticket: Ticket) -> Arc<Stored> {
    let Carried { handler, head, message, place } = carried;
    let handler = core.handler(handler);
    let envelope = head.envelope();
    let begun = AtomicBool::new(false);
    // A handler's own panic is caught further inside; here it is that of a layer.
    let reply = catch(reply(&core, handler, &envelope, &message, &begun)).await;
    let ran = reply.is_ok() || begun.into_inner();
    let stored = match reply.unwrap_or_else(|panic| Err(CallError::Bus(panic))) {
        Err(CallError::Bus(error)) => {
            Err(CallError::Bus(error.at_pattern(&handler.text).of_message(&envelope.id().to_string())))
        }
        reply => reply,
    };
    drop(place);
    let stored = Arc::new(stored);
    if ran {
        ticket.end(&stored);
    }
    stored
}

async fn reply(
    core: &Arc<Core>,
    handler: &crate::bus::Mounted,
    envelope: &crate::bus::Envelope<'_>,
    message: &[u8],
    begun: &AtomicBool,
) -> Stored {
    let scan = Scan::read(message, &core.settings.limits).map_err(Error::malformed)?;
    let mut slot = JsonReply(Poll::Pending);
    {
        let context = Context::new(core, handler, envelope, Some(&scan));
        let run = async {
            begun.store(true, Ordering::Relaxed);
            core.run_alone(&context, InputKind::Json(&scan), &mut slot).await
        };
        core.behind_layers(&context, run).await?;
    }
    match slot.0 {
        Poll::Ready(reply) => reply,
        Poll::Pending => Err(CallError::Bus(silent())),
    }
}
