use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::builder::Builder;
use super::core::{Core, draining};
use super::deliver::{Reply, Takes, Target, encode, value_of};
use super::guard::too_late;
use super::nobody::Hearers;
use super::origin::{Origin, say_more};
use super::outside::Outside;
use super::queue::{Body, Job};
use super::start_error::StartError;
use super::together::together;
use super::typed::Given;
use crate::flow::{SEEN_AFTER, Snapshot};
use crate::handler::{BoxFuture, Context, FromContext, Need};
use crate::list::{List, join};
use crate::message::json::{Limits, Scan};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Message, Outcome, Result};
use crate::pattern::Compare;
use crate::registry::Info;
use crate::router::Explanation;
use crate::testing::How;
use crate::transport::{Door, Exposed, Listener, Transport, Url, missing_feature};

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
    pub fn call<M: Message>(&self, message: M) -> impl Future<Output = Reply<M>> + Send {
        self.core.deliver(self.core.route_index::<M>(), &self.origin, None, Given(Some(message)))
    }

    /// As [`call`](Bus::call), but with `default` where the bus fails: partial failure by design. A service that is away is
    /// waited for until the deadline; [`timeout`](Bus::timeout) makes that short. A failure that waiting does not cure, such as a
    /// message that its handler cannot read, or a panic, is logged as a warning beside. Of a message that declares no error
    /// nothing can fail any more:
    ///
    /// ```
    /// # use matchbus::prelude::*;
    /// #[derive(Message, Serialize, Deserialize)]
    /// #[message(role = "advice", cmd = "get", reply(Vec<String>), external)]
    /// struct GetAdvice { sku: String }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bus = Bus::builder().start()?; // and nobody answers
    /// let Ok(advice) = bus.call_or(GetAdvice { sku: "tea".into() }, Vec::new()).await;
    /// assert!(advice.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The service's own error.
    pub async fn call_or<M: Message>(
        &self,
        message: M,
        default: M::Reply,
    ) -> std::result::Result<M::Reply, M::Error> {
        or_default(self.call(message).await, default)
    }

    /// As [`call`](Bus::call), for JSON of any shape: nothing about it is checked before it is sent.
    ///
    /// # Errors
    ///
    /// As [`call`](Bus::call), with the service's own error as an [`ErrorReply`].
    pub async fn act(&self, message: Value) -> std::result::Result<Value, CallError<ErrorReply>> {
        let mut bytes = serde_json::to_vec(&message).map_err(|cause| not_json(&cause))?;
        if let Some(extend) = self.origin.extend() {
            bytes = extended(&bytes, extend).into_owned();
        }
        let reply = self.core.act_boxed(bytes, &self.origin, Target::First).await?;
        serde_json::from_slice(&reply).map_err(|cause| CallError::Bus(not_json(&cause)))
    }

    /// As [`act`](Bus::act), with `default` where the bus fails.
    ///
    /// # Errors
    ///
    /// The service's own error.
    pub async fn act_or(&self, message: Value, default: Value) -> std::result::Result<Value, ErrorReply> {
        or_default(self.act(message).await, default)
    }

    /// As [`act`](Bus::act), bytes in and bytes out: one scan serves routing, validation and the handler's type.
    ///
    /// # Errors
    ///
    /// As [`act`](Bus::act); bytes that are no message are refused with what is wrong and where (rule M7).
    #[inline]
    pub fn act_bytes<'a>(
        &'a self,
        message: &'a [u8],
    ) -> impl Future<Output = std::result::Result<Vec<u8>, CallError<ErrorReply>>> + Send + 'a {
        match self.origin.extend() {
            None => self.core.act(message, &self.origin, Target::First),
            Some(extend) => self.core.act_extended(extended(message, extend), &self.origin),
        }
    }

    /// Gives `message` to the one handler that answers it, and does not wait for the reply.
    ///
    /// In one process this waits while the handler's queue is full, and no longer than the message's deadline.
    ///
    /// # Errors
    ///
    /// Nobody answers the message, its handler's queue stays full, no time is left, or the process is shutting down.
    pub async fn send<M: Message>(&self, message: M) -> Result<Sent> {
        self.core.send(&self.origin.sending::<M>(), self.core.route_index::<M>(), message).await
    }

    /// Gives a copy of `message` to one observer of every group that wants it.
    ///
    /// # Errors
    ///
    /// An observer's queue stays full until the deadline, no time is left, or the process is shutting down. That nobody observes
    /// the message is no error.
    pub async fn publish<M: Message>(&self, message: M) -> Result<Published> {
        self.core.publish(&self.origin.sending::<M>(), message).await
    }

    /// As [`publish`](Bus::publish), for JSON as bytes: nothing about it is checked but that it is a message.
    ///
    /// ```
    /// # use matchbus::prelude::*;
    /// #[observer(event = "*")]
    /// fn audit(_: Value) {}
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bus = Bus::with(matchbus::services![audit])?;
    /// let published = bus.publish_bytes(br#"{"event":"item-added","sku":"tea"}"#).await?;
    /// assert_eq!(published.groups, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`publish`](Bus::publish); bytes that are no message are refused with what is wrong and where (rule M7).
    pub async fn publish_bytes(&self, message: &[u8]) -> Result<Published> {
        let bytes = match self.origin.extend() {
            None => message.to_vec(),
            Some(extend) => extended(message, extend).into_owned(),
        };
        self.core.publish_json(&self.origin, bytes).await
    }

    /// Listens at `url` and lets in what `exposed` says (rule M8), or less if the URL has pins: `?pin=role:cart`. The scheme
    /// chooses the transport.
    ///
    /// # Errors
    ///
    /// No transport has the scheme, the address is taken, the URL has parts that the transport does not understand, or
    /// nothing would be exposed.
    pub async fn listen(&self, url: &Url, exposed: &Exposed) -> Result<Listener> {
        let transport = self.core.transport(url)?;
        // Senecas compare values as text (rule M4).
        let seneca = url.scheme().starts_with("seneca+");
        let compare = if seneca { Compare::Text } else { self.compare() };
        let outside = self.outside(exposed, compare).narrowed(&self.core, url)?;
        transport
            .listen(url, Door::new(Arc::clone(&self.core), outside, self.core.settings.most_from_outside))
            .await
    }

    pub(crate) fn compare(&self) -> Compare {
        self.core.settings.compare
    }

    #[cfg(feature = "http")]
    pub(crate) fn door(&self, exposed: &Exposed, compare: Compare) -> Door {
        let outside = self.outside(exposed, compare);
        Door::new(Arc::clone(&self.core), outside, self.core.settings.most_from_outside)
    }

    fn outside(&self, exposed: &Exposed, compare: Compare) -> Outside {
        Outside::new(&self.core, exposed, compare)
    }

    /// Knows the process at `url` from here on: what nobody here answers may be answered there, as its catalogue says or
    /// as `?pin=role:cart` in the URL says, for processes that have none, such as a Seneca.
    ///
    /// The catalogue is asked for now and every two seconds (every twenty while no message comes or goes); that the process
    /// cannot be reached yet is no error. So what is known of a peer may be twenty seconds old when this process was idle. The
    /// first message that nobody is known to answer, or whose peer fails, has it asked for at once; a special case that the
    /// peer has had since is met only with the next catalogue.
    ///
    /// # Errors
    ///
    /// No transport has the scheme, or the URL has parts that the transport does not understand.
    pub async fn connect(&self, url: &Url) -> Result<()> {
        self.core.connect(url).await
    }

    /// The counts of all flows since the start.
    pub fn flows(&self) -> Snapshot {
        self.core.snapshot()
    }

    /// Why a message would go where it would go: which patterns match, here and at the peers as far as these have said,
    /// which one wins, and what comes near. Its `Display` says it in words.
    ///
    /// # Errors
    ///
    /// The bytes are no message.
    pub fn explain(&self, message: &[u8]) -> Result<Explanation> {
        let scan = Scan::read(message, &self.core.settings.limits).map_err(Error::malformed)?;
        Ok(self.core.explain(&scan))
    }

    /// Who hears a message if it is published.
    pub(crate) fn hearers(&self, message: &[u8]) -> Result<Hearers> {
        let scan = Scan::read(message, &self.core.settings.limits).map_err(Error::malformed)?;
        Ok(self.core.hearers(&scan))
    }

    /// Where a message is answered in other processes, and by which pattern; `None` if here, or nowhere.
    pub(crate) fn answered_at(&self, message: &[u8]) -> Option<(String, Vec<Url>)> {
        self.core.answered_at(&Scan::read(message, &self.core.settings.limits).ok()?)
    }

    /// Waits until every message that was sent or published has been handled.
    pub async fn settled(&self) {
        self.core.take_out_all();
        self.core.queued.empty().await;
    }

    /// Whether the process should be sent messages.
    pub fn is_ready(&self) -> bool {
        self.core.lifecycle.is_ready()
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.core.lifecycle.set_ready(ready);
    }

    pub(crate) fn default_timeout(&self) -> std::time::Duration {
        self.core.settings.budget
    }

    /// What the dedup does not cover, if a handler has it.
    pub(crate) fn dedup_note(&self) -> Option<String> {
        self.core.dedup_note()
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

/// The default where the failure is not the service's own word. A failure that does not pass by itself is a mistake that the
/// default would hide, so it is told.
pub(crate) fn or_default<T, E>(
    reply: std::result::Result<T, CallError<E>>,
    default: T,
) -> std::result::Result<T, E> {
    match reply {
        Ok(reply) => Ok(reply),
        Err(CallError::App(error)) => Err(error),
        Err(CallError::Bus(error)) => {
            // Defaults are for services that are not everywhere.
            if !error.passes() && !error.is_no_handler() {
                tracing::warn!("a call was given its default, and will be the next time too: {error}");
            }
            Ok(default)
        }
    }
}

impl Core {
    /// The transport for a URL.
    pub(crate) fn transport(&self, url: &Url) -> Result<&Arc<dyn Transport>> {
        let found = self.transports.iter().find(|transport| transport.schemes().contains(&url.scheme()));
        found.ok_or_else(|| {
            let known: Vec<&str> =
                self.transports.iter().flat_map(|transport| transport.schemes()).copied().list();
            let known = if known.is_empty() {
                "none, since no transport's feature is on".to_owned()
            } else {
                join(&known, ", ")
            };
            let cure = missing_feature(url).map_or_else(String::new, |cure| format!("; {cure}"));
            Error::usage(format!(
                "no transport is for `{url}`; the schemes of this program are: {known}{cure}"
            ))
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
        let past = self.is_taken_past(&message, origin);
        let Some(choice) = (if past { None } else { self.choose(route, &message, origin, None) }) else {
            if !self.remote.is_empty() {
                return self.send_elsewhere(&encode(&message, origin.extend())?, origin).await.map(|()| Sent);
            }
            return Err(self.nobody(&message, origin, &origin.envelope()));
        };
        let body = if choice.takes != Takes::Json && origin.extend().is_none() {
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
        self.publish_json(origin, bytes).await
    }

    async fn publish_json(self: &Arc<Self>, origin: &Origin, bytes: Vec<u8>) -> Result<Published> {
        if self.remote.is_empty() {
            return self.publish_bytes(origin, Arc::new(bytes), None, &[]).await;
        }
        self.publish_everywhere(origin, bytes).await
    }

    /// Written once; every group's copy is read from the same bytes. With `only`, for these groups.
    pub(crate) async fn publish_bytes(
        self: &Arc<Self>,
        origin: &Origin,
        bytes: Arc<Vec<u8>>,
        outside: Option<&Outside>,
        only: &[Arc<str>],
    ) -> Result<Published> {
        self.take_in(origin)?;
        if let Some(recorder) = &self.recorder {
            recorder.record(How::Published, serde_json::from_slice(&bytes).unwrap_or_default());
        }
        let observers: Vec<u32> = {
            let scan = Scan::read(&bytes, &self.settings.limits).map_err(Error::malformed)?;
            self.groups
                .iter()
                .filter(|group| only.is_empty() || only.contains(&group.name))
                .filter_map(|group| group.observers.find(&scan))
                .filter(|observer| outside.is_none_or(|outside| outside.reaches(*observer)))
                .list()
        };
        let copy = |observer: &u32| -> BoxFuture<'_, Result<()>> {
            let job = Job { origin: origin.clone(), body: Body::Json(Arc::clone(&bytes)) };
            Box::pin(self.enqueue(*observer, job))
        };
        let mut groups = 0;
        let mut refused = None;
        // One group that cannot keep up must not cost the others their copy, nor keep it from them.
        for taken in together(observers.iter().map(copy).list()).await {
            match taken {
                Ok(()) => groups += 1,
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            None => Ok(Published { groups }),
            Some(error) if groups == 0 => Err(error),
            Some(error) => Err(partly(groups, observers.len(), error)),
        }
    }

    /// Refuses what nobody waits for where its sender can still be told: while the process drains, and when no time is left,
    /// since it would only be found out of its time when its turn comes.
    pub(crate) fn take_in(&self, origin: &Origin) -> Result<()> {
        if origin.parent.is_none() && self.lifecycle.is_draining() {
            return Err(draining());
        }
        if origin.is_late() { Err(too_late()) } else { Ok(()) }
    }

    /// See [`Bus::shutdown`].
    pub(crate) async fn drain(self: &Arc<Self>) -> u64 {
        use crate::seam::clock;
        self.lifecycle.drain();
        let end = clock::now() + self.settings.drain;
        self.take_out_all();
        // A message that did not see the drain yet has counted itself, at its start or at its end; wait until that count is
        // seen. Those that end later tell it.
        clock::sleep(SEEN_AFTER).await;
        loop {
            let (ended, emptied) = (self.lifecycle.next_end(), self.queued.next_empty());
            let left = self.in_flight().max(self.queued.count() as u64);
            if left == 0 {
                return 0;
            }
            if clock::now() >= end {
                self.lifecycle.cut_off();
                return left;
            }
            tokio::select! {
                () = ended => {}
                () = emptied => {}
                () = clock::sleep_until(end) => {}
            }
        }
    }
}

#[cold]
pub(crate) fn partly(groups: usize, of: usize, cause: Error) -> Error {
    let text =
        format!("{groups} of {of} groups were given their copy of the message; the last other one: {cause}");
    Error::new(ErrorKind::Overloaded, Outcome::Unknown, text).with_source(cause)
}

/// The message with further keys; its own win.
#[cold]
fn extended<'a>(message: &'a [u8], extend: &Map<String, Value>) -> Cow<'a, [u8]> {
    let Ok(Value::Object(mut map)) = serde_json::from_slice(message) else { return message.into() };
    for (key, value) in extend {
        map.entry(key.as_str()).or_insert_with(|| value.clone());
    }
    serde_json::to_vec(&map).map_or_else(|_| message.into(), Cow::Owned)
}

#[cold]
fn not_json(cause: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Invalid,
        Outcome::NotDone,
        format!("the message cannot be written as JSON: {cause}"),
    )
}
