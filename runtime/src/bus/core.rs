use std::any::Any;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock, RwLock};
use std::task::Poll;

use super::by_type::ByType;
use super::dedup::Memory;
use super::envelope::Envelope;
use super::guard::{Begun, begin, catch, too_late, wait};
use super::index::Index;
use super::layer::Layers;
use super::lifecycle::Lifecycle;
use super::mounted::Mounted;
use super::origin::Origin;
use super::queue::Queued;
use super::remote::Remote;
use super::route::Route;
use super::settings::Settings;
use crate::flow::{End, Flow, Flows, Snapshot};
use crate::handler::{Context, Input, InputKind, Slot};
use crate::list::{List, join};
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::clock::{self, Instant};
use crate::testing::Recorder;
use crate::transport::Transport;

/// What all handles of one bus share. Nothing in it changes after the start except counters and queues, so a
/// message on its way takes no lock.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) handlers: Box<[Mounted]>,
    pub(crate) services: Index,
    pub(crate) groups: Box<[Group]>,
    /// The types of messages that a handler here takes; the route of each is worked out when first asked for.
    pub(crate) types: ByType<u32>,
    pub(crate) routes: Box<[OnceLock<Route>]>,
    /// Of types that no handler here takes: whether some handler can be given them all the same.
    pub(crate) strangers: RwLock<ByType<bool>>,
    pub(crate) states: ByType<Arc<dyn Any + Send + Sync>>,
    pub(crate) settings: Settings,
    pub(crate) flows: Flows,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) queued: Queued,
    /// The layers of the edge.
    pub(crate) edge: Option<Layers>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) transports: Vec<Arc<dyn Transport>>,
    pub(crate) remote: Remote,
    /// Whether some route takes messages past the handlers here; which ones, `remote` knows.
    pub(crate) skips_local: bool,
    /// Neither is so: messages are not recorded, and no route takes some past the handlers here.
    pub(crate) usual: bool,
    /// The keys of handlers with `effect(dedup)`.
    pub(crate) dedup: Arc<Memory>,
    /// What is remembered of messages from a Seneca, for all other handlers.
    pub(crate) history: Arc<Memory>,
}

/// The observers of one service: each published message goes to at most one of them.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    pub(crate) observers: Index,
}

impl Core {
    /// The flow of messages that nobody answers comes after those of the handlers.
    fn unrouted(&self) -> u32 {
        u32::try_from(self.handlers.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    pub(crate) fn handler(&self, index: u32) -> &Mounted {
        &self.handlers[index as usize]
    }

    /// Runs a handler: the fixed order of layers (rule R20) as far as it concerns a process by itself – deadline,
    /// concurrency limit, dedup, panic guard, validation, handler.
    ///
    /// On success the reply is in the output; whoever looks at it says how the message ended.
    pub(super) async fn run(
        &self,
        context: &Context<'_>,
        input: InputKind<'_, '_>,
        output: &mut Slot,
    ) -> Result<(), Error> {
        if context.handler().is_plain(context.envelope()) {
            return self.run_handler(context, input, output).await;
        }
        self.run_behind(context, input, output).await
    }

    /// As [`run`](Core::run), behind the layers of the edge, the concurrency limit, the dedup and the handler's layers.
    pub(super) async fn run_behind(
        &self,
        context: &Context<'_>,
        input: InputKind<'_, '_>,
        output: &mut Slot,
    ) -> Result<(), Error> {
        // Layers are the user's, too.
        catch(self.run_through(context, input, output)).await.flatten()
    }

    async fn run_through(
        &self,
        context: &Context<'_>,
        input: InputKind<'_, '_>,
        output: &mut Slot,
    ) -> Result<(), Error> {
        let (handler, envelope) = (context.handler(), context.envelope());
        let deadline = envelope.deadline(self.settings.budget);
        let limited = async {
            let place = match &handler.limit {
                Some(limit) => Some(tokio::select! {
                    biased;
                    place = limit.enter() => place?,
                    () = clock::sleep_until(deadline) => return Err(too_late()),
                }),
                None => None,
            };
            if handler.dedup.is_some() || envelope.remember().is_some() {
                return self.run_once(context, input, output, place).await;
            }
            let result = self.run_handler(context, input, output).await;
            drop(place);
            result
        };
        match &self.edge {
            Some(edge) if envelope.origin.parent.is_none() => {
                edge.around(context.meta().clone(), handler.names(), deadline, pin!(limited)).await
            }
            _ => limited.await,
        }
    }

    /// Runs a handler behind its layers.
    pub(super) async fn run_handler(
        &self,
        context: &Context<'_>,
        input: InputKind<'_, '_>,
        output: &mut Slot,
    ) -> Result<(), Error> {
        self.behind_layers(context, self.run_alone(context, input, output)).await
    }

    /// Lets the handler's layers run it.
    pub(super) async fn behind_layers(
        &self,
        context: &Context<'_>,
        run: impl Future<Output = Result<(), Error>> + Send,
    ) -> Result<(), Error> {
        let (handler, envelope) = (context.handler(), context.envelope());
        let Some(layers) = &handler.layers else { return run.await };
        let deadline = envelope.deadline(self.settings.budget);
        layers.around(context.meta().clone(), handler.names(), deadline, pin!(run)).await
    }

    /// Runs a handler in its panic guard, without anything before that.
    pub(super) async fn run_alone(
        &self,
        context: &Context<'_>,
        mut input: InputKind<'_, '_>,
        output: &mut Slot,
    ) -> Result<(), Error> {
        let (handler, envelope) = (context.handler(), context.envelope());
        let mut input = Some(Input(&mut input));
        let begun =
            poll_fn(|waker| Poll::Ready(input.take().map(|input| begin(context, input, output, waker))));
        match begun.await {
            Some(Begun::Waits(work)) => wait(work, handler, self.deadline(handler, envelope), output).await,
            Some(Begun::Ended(result)) => result,
            None => Ok(()),
        }
    }

    /// When a handler that has to wait must have ended (rule R13).
    pub(super) fn deadline(&self, handler: &Mounted, envelope: &Envelope<'_>) -> Instant {
        let deadline = envelope.deadline(self.settings.budget);
        match handler.timeout {
            Some(timeout) => deadline.min(clock::now() + timeout),
            None => deadline,
        }
    }

    /// Why a message must not start: too late, in circles, or while shutting down.
    #[inline]
    pub(crate) fn refuses(&self, envelope: &Envelope<'_>) -> Option<Error> {
        let Origin { parent, rare, .. } = envelope.origin;
        if parent.is_none() && rare.is_none() && !self.lifecycle.is_draining() {
            return None;
        }
        self.refuses_after_all(envelope)
    }

    #[cold]
    fn refuses_after_all(&self, envelope: &Envelope<'_>) -> Option<Error> {
        if let Some(refusal) = self.refuses_circle(envelope) {
            return Some(refusal);
        }
        if let Some(parent) = &envelope.origin.parent {
            // What a handler sends while the bus drains is part of what it must finish.
            return match parent.budget() {
                Some(left) if left.is_zero() && !envelope.queued => Some(too_late()),
                _ => None,
            };
        }
        if self.lifecycle.is_draining() && !envelope.queued {
            return Some(draining());
        }
        match &envelope.origin.rare {
            Some(rare) if rare.budget.is_some_and(|budget| budget.is_zero()) => Some(too_late()),
            _ => None,
        }
    }

    /// Handlers call each other in circles, in this process or over others.
    pub(crate) fn refuses_circle(&self, envelope: &Envelope<'_>) -> Option<Error> {
        let most = self.settings.most_nested;
        (envelope.depth() > most).then(|| circle(envelope, most))
    }

    /// As [`no_handler`](Core::no_handler), for somebody outside who may not know what else there is (rule M8).
    #[cold]
    pub(crate) fn not_exposed(&self, envelope: &Envelope<'_>) -> Error {
        self.count_unrouted();
        let text = if envelope.below().is_some() {
            "no handler that this listener exposes answers this message, which a handler in another process hands on by \
             `Prior`; a listener that hides some handlers passes none over for that, so use one that exposes all"
        } else {
            "no handler that this listener exposes answers this message; its catalogue lists what does"
        };
        Error::new(ErrorKind::NoHandler, Outcome::NotDone, text).of_message(&envelope.id().to_string())
    }

    pub(crate) fn count_unrouted(&self) {
        self.flows.start(self.unrouted()).end(End::NotDone);
    }

    /// How many messages came and went so far.
    pub(crate) fn messages(&self) -> u64 {
        self.flows.started() + self.remote.messages()
    }

    /// How many messages came and have not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        self.handlers.iter().map(|handler| self.flows.read(handler.flow).in_flight()).sum()
    }

    /// The counts of all flows.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot_of(|_| true)
    }

    /// The counts of some handlers' flows.
    pub(crate) fn snapshot_of(&self, which: impl Fn(u32) -> bool) -> Snapshot {
        let flows = self
            .handlers
            .iter()
            .filter(|handler| which(handler.flow))
            .map(|handler| Flow {
                pattern: handler.text.to_string(),
                service: handler.about.service().to_owned(),
                handler: handler.about.name().to_owned(),
                counts: self.flows.read(handler.flow),
            })
            .list();
        Snapshot::new(flows, self.flows.read(self.unrouted()).not_done, self.remote.outgoing())
    }
}

#[cold]
fn circle(envelope: &Envelope<'_>, most: u32) -> Error {
    let chain = join(&envelope.chain(), " → ");
    Error::new(
        ErrorKind::Loop,
        Outcome::NotDone,
        format!("more than {most} nested messages, so handlers seem to call each other in circles: {chain}"),
    )
}

#[cold]
pub(crate) fn draining() -> Error {
    Error::new(
        ErrorKind::Draining,
        Outcome::NotDone,
        "the process is shutting down; send the message to another one",
    )
}
