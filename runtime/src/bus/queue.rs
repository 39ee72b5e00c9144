use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore, mpsc};

use super::core::{Core, draining};
use super::origin::Origin;
use crate::handler::{Context, Heard, InputKind};
use crate::message::json::Scan;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};
use crate::seam::{clock, task};

/// The queue before one handler, for what is sent and published; bounded, and made when first used.
#[derive(Debug, Default)]
pub(crate) struct Queue(OnceLock<Line>);

#[derive(Debug)]
struct Line {
    enter: mpsc::Sender<Job>,
    exit: Arc<Exit>,
}

/// Where messages leave a queue.
#[derive(Debug)]
struct Exit {
    /// While nobody takes them out.
    free: Mutex<Option<mpsc::Receiver<Job>>>,
    /// Whether somebody does: so that who sends need not lock.
    taken: AtomicBool,
}

/// Who takes messages out of a queue. That ends with the runtime that it is on, and what is in the queue waits for the next one.
#[derive(Debug)]
struct Taker {
    queue: Option<mpsc::Receiver<Job>>,
    exit: Arc<Exit>,
}

impl Line {
    fn new(messages: usize) -> Self {
        let (enter, queue) = mpsc::channel(messages);
        let exit = Exit { free: Mutex::new(Some(queue)), taken: AtomicBool::new(false) };
        Line { enter, exit: Arc::new(exit) }
    }

    /// To take messages out, if nobody does.
    fn taker(&self) -> Option<Taker> {
        if self.exit.taken.load(Ordering::Acquire) {
            return None;
        }
        let queue = self.exit.free.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        self.exit.taken.store(true, Ordering::Release);
        Some(Taker { queue: Some(queue), exit: Arc::clone(&self.exit) })
    }
}

impl Taker {
    async fn next(&mut self) -> Option<Job> {
        self.queue.as_mut()?.recv().await
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let mut free = self.exit.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = self.queue.take();
        self.exit.taken.store(false, Ordering::Release);
    }
}

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
        let line = mounted.queue.0.get_or_init(|| Line::new(self.settings.queue));
        self.take_out(handler, line);
        // Counted while it waits for room: a drain that did not know of it would end before it is in the queue.
        let counted = Counted::enter(&self.queued);
        let place = if let Ok(place) = line.enter.try_reserve() {
            place
        } else {
            tokio::select! {
                biased;
                place = line.enter.reserve() => place.map_err(|_| self.full(handler))?,
                () = self.lifecycle.is_cut_off() => return Err(draining()),
                () = clock::sleep_until(deadline) => return Err(self.full(handler)),
            }
        };
        counted.stays();
        place.send(job);
        // Who takes them out may have ended since.
        self.take_out(handler, line);
        Ok(())
    }

    /// Sees to it that somebody takes out what is in queues, also if the runtime is gone where somebody did.
    pub(crate) fn take_out_all(self: &Arc<Self>) {
        for (handler, mounted) in (0..).zip(&*self.handlers) {
            if let Some(line) = mounted.queue.0.get() {
                self.take_out(handler, line);
            }
        }
    }

    fn take_out(self: &Arc<Self>, handler: u32, line: &Line) {
        let Some(taker) = line.taker() else { return };
        let workers = self.handler(handler).about.info().and_then(|info| info.concurrency);
        let workers = workers.unwrap_or(self.settings.workers);
        task::spawn(work_off(Arc::downgrade(self), handler, taker, workers));
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
async fn work_off(core: Weak<Core>, handler: u32, mut taker: Taker, workers: u32) {
    let places = Arc::new(Semaphore::new(workers as usize));
    loop {
        // First the place: a message that was taken out and waits for one would end with the runtime.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Some(job) = taker.next().await else { return };
        // The bus is gone, and with it everything that could have been done about the message.
        let Some(core) = core.upgrade() else { return };
        let mut one = One { core, handler, ended: false };
        let run = async move {
            let result = one.core.handle(handler, job).await;
            one.ended = true;
            if let Err(error) = result {
                // Pattern and message stand beside the text.
                let (text, id) = match &error {
                    CallError::Bus(error) => (error.text().to_owned(), error.message_id()),
                    CallError::App(error) => (error.to_string(), None),
                };
                one.failed(id, &text);
            }
            drop((one, place));
        };
        if workers == 1 {
            run.await;
        } else {
            task::spawn(run);
        }
    }
}

/// One message that came out of a queue; it counts until this is dropped.
struct One {
    core: Arc<Core>,
    handler: u32,
    ended: bool,
}

impl One {
    fn failed(&self, id: Option<&str>, text: &str) {
        let handler = self.core.handler(self.handler);
        let name = handler.about.name();
        tracing::warn!(pattern = %handler.text, handler = name, message_id = id, "message failed: {text}");
    }
}

impl Drop for One {
    fn drop(&mut self) {
        if !self.ended {
            self.failed(None, "the runtime that its handler ran on has ended");
        }
        self.core.queued.leave();
    }
}
