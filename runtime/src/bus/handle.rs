use std::sync::Arc;

use serde_json::Value;

use super::builder::Builder;
use super::core::Core;
use super::deliver::{Parcel, Reply, encode, value_of};
use super::origin::{Origin, say_more};
use super::queue::{Body, Job};
use super::start_error::StartError;
use crate::flow::Snapshot;
use crate::handler::{Context, FromContext, Need};
use crate::message::json::{Limits, Scan};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Message, Outcome, Result};
use crate::registry::Info;
use crate::testing::How;
use crate::transport::{Door, Exposed, Listener, Transport, Url, may_reach};

/// A handle to the bus: everything a process sends goes through one.
///
/// Handles are cheap to clone. One that a handler takes as an argument knows the message being handled and passes
/// its context, deadline and trace on.
///
/// ```
/// use matchbus::prelude::*;
///
/// #[derive(Message, Serialize, Deserialize)]
/// #[message(role = "math", cmd = "sum", reply(i64))]
/// struct Sum { left: i64, right: i64 }
///
/// #[service(role = "math", cmd = "sum")]
/// fn sum(msg: Sum) -> i64 {
///     msg.left + msg.right
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = Bus::with(matchbus::services![sum])?;
/// assert_eq!(bus.call(Sum { left: 1, right: 2 }).await?, 3);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Bus {
    core: Arc<Core>,
    origin: Origin,
}

/// A message was taken in, but not stored: if the process dies before a handler had it, it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent;

/// How many groups of observers were given a copy of a published message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The groups.
    pub groups: usize,
}

impl Bus {
    /// A bus with these handlers and nothing else; what [`services!`](crate::services) lists.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn with(services: &[&'static [Info]]) -> Result<Self, StartError> {
        Builder::new().services(services).start()
    }

    /// A bus with every handler that is linked into the program.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn discover() -> Result<Self, StartError> {
        Builder::new().discover().start()
    }

    /// A bus in the making, with states and settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(core: Arc<Core>, origin: Origin) -> Self {
        Bus { core, origin }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    fn with_origin(&self, origin: Origin) -> Self {
        Bus { core: Arc::clone(&self.core), origin }
    }

    say_more!();

    /// Calls the one handler that answers `message` and waits for its reply.
    ///
    /// # Errors
    ///
    /// The service's own error, or a failure of the bus; its [`outcome`](CallError::outcome) tells whether the
    /// handler ran.
    #[inline]
    pub async fn call<M: Message>(&self, message: M) -> Reply<M> {
        let origin = self.origin.sending::<M>();
        let choice = self.core.choose(self.core.route_index::<M>(), &message, &origin, None);
        self.core.deliver(choice, &origin, Parcel::Owned(message)).await
    }

    /// As [`call`](Bus::call), but with `default` where the service is away: partial failure by design. The
    /// service's own errors stay errors.
    ///
    /// # Errors
    ///
    /// As [`call`](Bus::call), without outcomes that are *not done* or *unknown*.
    pub async fn call_or<M: Message>(&self, message: M, default: M::Reply) -> Reply<M> {
        or_default(self.call(message).await, default)
    }

    /// As [`call`](Bus::call), for JSON of any shape: nothing about it is checked before it is sent.
    ///
    /// # Errors
    ///
    /// As [`call`](Bus::call), with the service's own error as an [`ErrorReply`].
    pub async fn act(&self, message: Value) -> std::result::Result<Value, CallError<ErrorReply>> {
        let bytes = serde_json::to_vec(&message).map_err(|cause| not_json(&cause))?;
        let reply = self.act_bytes(&bytes).await?;
        serde_json::from_slice(&reply).map_err(|cause| CallError::Bus(not_json(&cause)))
    }

    /// As [`act`](Bus::act), with `default` where the service is away.
    ///
    /// # Errors
    ///
    /// As [`act`](Bus::act), without outcomes that are *not done* or *unknown*.
    pub async fn act_or(
        &self,
        message: Value,
        default: Value,
    ) -> std::result::Result<Value, CallError<ErrorReply>> {
        or_default(self.act(message).await, default)
    }

    /// As [`act`](Bus::act), bytes in and bytes out: one scan serves routing, validation and the handler's type.
    ///
    /// # Errors
    ///
    /// As [`act`](Bus::act); bytes that are no message are refused with what is wrong and where (rule M7).
    #[inline]
    pub async fn act_bytes(&self, message: &[u8]) -> std::result::Result<Vec<u8>, CallError<ErrorReply>> {
        let envelope = self.origin.envelope();
        if let Some(extend) = self.origin.extend() {
            let mut value: Value = serde_json::from_slice(message).unwrap_or_default();
            if let Value::Object(map) = &mut value {
                for (key, value) in extend {
                    map.entry(key.as_str()).or_insert_with(|| value.clone());
                }
                let bytes = serde_json::to_vec(&value).map_err(|cause| not_json(&cause))?;
                return self.core.act(&bytes, &envelope, None).await;
            }
        }
        self.core.act(message, &envelope, None).await
    }

    /// Gives `message` to the one handler that answers it, and does not wait for the reply.
    ///
    /// In one process this waits while the handler's queue is full, and no longer than the message's deadline.
    ///
    /// # Errors
    ///
    /// Nobody answers the message, its handler's queue stays full, or the process is shutting down.
    pub async fn send<M: Message>(&self, message: M) -> Result<Sent> {
        self.core.send(&self.origin.sending::<M>(), self.core.route_index::<M>(), message).await
    }

    /// Gives a copy of `message` to one observer of every group that wants it.
    ///
    /// # Errors
    ///
    /// An observer's queue stays full until the deadline, or the process is shutting down. That nobody observes
    /// the message is no error.
    pub async fn publish<M: Message>(&self, message: M) -> Result<Published> {
        self.core.publish(&self.origin.sending::<M>(), message).await
    }

    /// Listens at `url` and lets in what `exposed` says (rule M8). The scheme chooses the transport.
    ///
    /// # Errors
    ///
    /// No transport has the scheme, the address is taken, or the URL has parts that the transport does not understand.
    pub async fn listen(&self, url: &Url, exposed: &Exposed) -> Result<Listener> {
        let transport = self.core.transport(url)?;
        transport.listen(url, self.door(exposed)).await
    }

    pub(crate) fn door(&self, exposed: &Exposed) -> Door {
        Door::new(Arc::clone(&self.core), exposed, self.core.settings.most_from_outside)
    }

    /// The counts of all flows since the start.
    pub fn flows(&self) -> Snapshot {
        self.core.snapshot()
    }

    /// Why a message would go where it would go: which patterns match, which one wins, and what comes near.
    ///
    /// # Errors
    ///
    /// The bytes are no message.
    pub fn explain(&self, message: &[u8]) -> Result<String> {
        let scan = Scan::read(message, &self.core.settings.limits).map_err(Error::malformed)?;
        Ok(self.core.services.explain(&scan))
    }

    /// Waits until every message that was sent or published has been handled.
    pub async fn settled(&self) {
        self.core.queued.empty().await;
    }

    /// Whether the process should be sent messages.
    pub fn is_ready(&self) -> bool {
        self.core.lifecycle.is_ready()
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.core.lifecycle.set_ready(ready);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.core.lifecycle.is_draining()
    }

    pub(crate) fn default_timeout(&self) -> std::time::Duration {
        self.core.settings.budget
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.core.settings.limits
    }

    /// How many handlers are mounted, each counted once for each of its patterns.
    pub fn size(&self) -> usize {
        self.core.handlers.len()
    }

    /// Refuses new messages from outside of handlers and waits until all that is running has ended, at most as long
    /// as [`Builder::drain`] says. Returns how many messages were still running when it gave up; 0 is well (rule
    /// R15).
    pub async fn shutdown(&self) -> u64 {
        self.core.drain().await
    }
}

impl FromContext for Bus {
    const NEEDS: &'static [Need] = &[Need::Anything];

    fn from_context(context: &Context<'_>) -> std::result::Result<Self, Error> {
        Ok(context.bus())
    }
}

/// The default where the outcome says that the service is away.
pub(crate) fn or_default<T, E>(
    reply: std::result::Result<T, CallError<E>>,
    default: T,
) -> std::result::Result<T, CallError<E>> {
    match reply {
        Err(error) if error.outcome() != Outcome::Done => Ok(default),
        reply => reply,
    }
}

impl Core {
    /// The transport for a URL.
    pub(crate) fn transport(&self, url: &Url) -> Result<&Arc<dyn Transport>> {
        let found = self.transports.iter().find(|transport| transport.schemes().contains(&url.scheme()));
        found.ok_or_else(|| {
            let known: Vec<&str> =
                self.transports.iter().flat_map(|transport| transport.schemes()).copied().collect();
            let known = if known.is_empty() {
                "none, since no transport's feature is on".to_owned()
            } else {
                known.join(", ")
            };
            Error::new(
                ErrorKind::Usage,
                Outcome::NotDone,
                format!("no transport is for `{url}`; the schemes of this program are: {known}"),
            )
        })
    }

    pub(crate) async fn send<M: Message>(
        self: &Arc<Self>,
        origin: &Origin,
        route: Option<u32>,
        message: M,
    ) -> Result<Sent> {
        self.take_in(origin)?;
        if let Some(recorder) = &self.recorder {
            recorder.record(How::Sent, value_of(&message, origin.extend())?);
        }
        let Some(choice) = self.choose(route, &message, origin, None) else {
            return Err(self.nobody(&message, origin, &origin.envelope()));
        };
        let body = if choice.same_type && origin.extend().is_none() {
            Body::Typed(Box::new(Some(message)))
        } else {
            Body::Json(Arc::new(encode(&message, origin.extend())?))
        };
        self.enqueue(choice.handler, Job { origin: origin.clone(), body }).await?;
        Ok(Sent)
    }

    pub(crate) async fn publish<M: Message>(
        self: &Arc<Self>,
        origin: &Origin,
        message: M,
    ) -> Result<Published> {
        let bytes = encode(&message, origin.extend())?;
        drop(message);
        self.publish_bytes(origin, bytes, None).await
    }

    /// Written once; every group's copy is read from the same bytes.
    pub(crate) async fn publish_bytes(
        self: &Arc<Self>,
        origin: &Origin,
        bytes: Vec<u8>,
        exposed: Option<&[bool]>,
    ) -> Result<Published> {
        self.take_in(origin)?;
        let bytes = Arc::new(bytes);
        if let Some(recorder) = &self.recorder {
            recorder.record(How::Published, serde_json::from_slice(&bytes).unwrap_or_default());
        }
        let observers: Vec<u32> = {
            let scan = Scan::read(&bytes, &self.settings.limits).map_err(Error::malformed)?;
            self.groups
                .iter()
                .filter_map(|group| group.observers.find(&scan))
                .filter(|observer| may_reach(exposed, *observer))
                .collect()
        };
        let mut groups = 0;
        let mut refused = None;
        for observer in &observers {
            let job = Job { origin: origin.clone(), body: Body::Json(Arc::clone(&bytes)) };
            match self.enqueue(*observer, job).await {
                Ok(()) => groups += 1,
                // One group that cannot keep up must not cost the others their copy.
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            None => Ok(Published { groups }),
            Some(error) if groups == 0 => Err(error),
            Some(error) => Err(partly(groups, observers.len(), error)),
        }
    }

    pub(crate) fn take_in(&self, origin: &Origin) -> Result<()> {
        if origin.parent.is_none() && self.lifecycle.is_draining() {
            Err(super::core::draining())
        } else {
            Ok(())
        }
    }

    /// See [`Bus::shutdown`].
    pub(crate) async fn drain(&self) -> u64 {
        use crate::seam::clock;
        self.lifecycle.drain();
        let end = clock::now() + self.settings.drain;
        loop {
            let left = self.snapshot().in_flight().max(self.queued.count() as u64);
            if left == 0 || clock::now() >= end {
                return left;
            }
            // Messages end on other tasks and threads, without telling: telling would cost each of them.
            clock::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

#[cold]
fn partly(groups: usize, of: usize, cause: Error) -> Error {
    let text =
        format!("{groups} of {of} groups were given their copy of the message; the last other one: {cause}");
    Error::new(ErrorKind::Overloaded, Outcome::Unknown, text).with_source(cause)
}

#[cold]
fn not_json(cause: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Invalid,
        Outcome::NotDone,
        format!("the message cannot be written as JSON: {cause}"),
    )
}
