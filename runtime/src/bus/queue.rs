use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore, mpsc};

use super::core::{Core, draining};
use super::origin::Origin;
use crate::handler::{Context, Heard, InputKind};
use crate::message::json::Scan;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};
use crate::seam::{clock, task};

/// The queue before one handler, for what is sent and published; bounded, and started when first used.
#[derive(Debug, Default)]
pub(crate) struct Queue(OnceLock<mpsc::Sender<Job>>);

/// One message in a queue.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) origin: Origin,
    pub(crate) body: Body,
}

/// Its body: the very type the handler takes, as `Option<M>`, or JSON shared by all who get a copy.
pub(crate) enum Body {
    Typed(Box<dyn Any + Send>),
    Json(Arc<Vec<u8>>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Body::Typed(_) => "Typed",
            Body::Json(_) => "Json",
        })
    }
}

/// How many messages wait for, are in or come out of queues, over all handlers.
#[derive(Debug, Default)]
pub(crate) struct Queued {
    count: AtomicUsize,
    none: Notify,
}

/// A message that is counted, and no more when this is dropped, unless it [stays](Counted::stays).
struct Counted<'a>(&'a Queued);

impl<'a> Counted<'a> {
    fn enter(queued: &'a Queued) -> Self {
        queued.enter();
        Counted(queued)
    }

    /// Whoever takes it out of its queue counts it off.
    fn stays(self) {
        std::mem::forget(self);
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Queued {
    pub(super) fn enter(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn leave(&self) {
        if self.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.none.notify_waiters();
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Waits for the moment when every queue is empty: from now on, not from when it is first polled.
    pub(crate) fn next_empty(&self) -> Notified<'_> {
        self.none.notified()
    }

    /// Waits until every queue is empty and every message that was in one has been handled.
    pub(crate) async fn empty(&self) {
        loop {
            let none = self.none.notified();
            if self.count() == 0 {
                return;
            }
            none.await;
        }
    }
}

impl Core {
    /// Puts a message in the queue of a handler, waiting for room until the message's deadline (rule R17).
    pub(crate) async fn enqueue(self: &Arc<Self>, handler: u32, job: Job) -> Result<(), Error> {
        let mounted = self.handler(handler);
        let deadline = job.origin.envelope().deadline(self.settings.budget);
        let queue = mounted.queue.0.get_or_init(|| self.start_queue(handler));
        // Counted while it waits for room: a drain that did not know of it would end before it is in the queue.
        let counted = Counted::enter(&self.queued);
        let place = if let Ok(place) = queue.try_reserve() {
            place
        } else {
            tokio::select! {
                biased;
                place = queue.reserve() => place.map_err(|_| self.full(handler))?,
                () = self.lifecycle.is_cut_off() => return Err(draining()),
                () = clock::sleep_until(deadline) => return Err(self.full(handler)),
            }
        };
        counted.stays();
        place.send(job);
        Ok(())
    }

    fn start_queue(self: &Arc<Self>, handler: u32) -> mpsc::Sender<Job> {
        let (sender, receiver) = mpsc::channel(self.settings.queue);
        let workers = self.handler(handler).about.info().and_then(|info| info.concurrency);
        let workers = workers.unwrap_or(self.settings.workers);
        task::spawn(work_off(Arc::downgrade(self), handler, receiver, workers));
        sender
    }

    #[cold]
    fn full(&self, handler: u32) -> Error {
        let handler = self.handler(handler);
        Error::new(
            ErrorKind::Overloaded,
            Outcome::NotDone,
            format!(
                "the queue of `{}` stayed full ({} messages) until the deadline; send more slowly, or raise its `concurrency(…)`",
                handler.about.name(),
                self.settings.queue
            ),
        )
        .at_pattern(&handler.text)
    }

    async fn handle(self: &Arc<Self>, handler: u32, mut job: Job) -> Result<(), CallError<ErrorReply>> {
        let handler = self.handler(handler);
        let mut envelope = job.origin.envelope();
        envelope.queued = true;
        let (mut end, mut scan) = (None::<Heard>, Scan::empty());
        let (input, raw) = match &mut job.body {
            Body::Typed(message) => (InputKind::Owned(&mut **message), None),
            Body::Json(bytes) => {
                scan.fill(bytes, &self.settings.limits).map_err(Error::malformed)?;
                (InputKind::Json(&scan), Some(&scan))
            }
        };
        let counted = self.count(handler);
        if let Some(refusal) = self.refuses(&envelope) {
            return Err(CallError::Bus(counted.failed(refusal, handler, &envelope)));
        }
        let result = {
            let context = Context::new(self, handler, &envelope, raw);
            self.run(&context, input, &mut end).await
        };
        if let Err(error) = result {
            return Err(CallError::Bus(counted.failed(error, handler, &envelope)));
        }
        let end = end.unwrap_or(Ok(()));
        counted.ended(&end);
        end
    }
}

/// Takes messages from a queue in their order and works on up to `workers` of them at once.
async fn work_off(core: Weak<Core>, handler: u32, mut queue: mpsc::Receiver<Job>, workers: u32) {
    let places = Arc::new(Semaphore::new(workers as usize));
    while let Some(job) = queue.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        // The bus is gone, and with it everything that could have been done about the message.
        let Some(core) = core.upgrade() else { return };
        let run = async move {
            if let Err(error) = core.handle(handler, job).await {
                let handler = core.handler(handler);
                // Pattern and message stand beside the text.
                let (text, id) = match &error {
                    CallError::Bus(error) => (error.text().to_owned(), error.message_id()),
                    CallError::App(error) => (error.to_string(), None),
                };
                let name = handler.about.name();
                tracing::warn!(pattern = %handler.text, handler = name, message_id = id, "message failed: {text}");
            }
            core.queued.leave();
            drop(place);
        };
        if workers == 1 {
            run.await;
        } else {
            task::spawn(run);
        }
    }
}
