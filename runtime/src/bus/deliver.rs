//! A message's way from a caller's hands to a handler and back.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value};

use super::below::place_of;
use super::core::Core;
use super::envelope::Envelope;
use super::mounted::Mounted;
use super::origin::Origin;
use super::outside::Outside;
use super::queue::{Body, Job};
use super::route::{Route, could_answer, scalar};
use crate::handler::BoxFuture;
use crate::list::List;
use crate::message::json::{self, Malformed, Scan, path_of_end};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Message, MessageInfo, Outcome};
use crate::pattern::{Compare, JsonFields, Scalar};
use crate::testing::How;

pub(crate) type Reply<M> = Result<<M as Message>::Reply, CallError<<M as Message>::Error>>;

/// Which handler a typed message goes to, and whether it takes the message as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) handler: u32,
    pub(crate) takes: Takes,
}

/// How a handler takes messages of the caller's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// By reference.
    Lent,
    /// As a value.
    Given,
    /// As JSON: it has another type, or remembers what it answers.
    Json,
}

impl Takes {
    pub(crate) fn of(handler: &Mounted, message: &MessageInfo) -> Self {
        if handler.dedup.is_some() {
            // What is remembered is bytes.
            return Takes::Json;
        }
        match handler.about.message() {
            Some(taken) if taken.type_id == message.type_id => {
                if handler.about.by_ref() {
                    Takes::Lent
                } else {
                    Takes::Given
                }
            }
            _ => Takes::Json,
        }
    }
}

/// Which handler JSON goes to.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// The one that answers, here or elsewhere.
    First,
    /// The one that answers here: what comes from outside is not sent on.
    Local,
    /// The one that answers what comes from outside, if it may be reached from there.
    Outside(&'a Outside),
    /// As `Outside`, of those that come after the handler in another process that hands the message on.
    Below(&'a Outside),
    /// The one that would answer without this one and those before it.
    After(u32),
    /// This one, which was found by other means.
    Handler(u32),
}

impl Core {
    /// The route of `M`'s messages: kept where a handler here takes the type, otherwise worked out each time.
    #[inline]
    pub(crate) fn route_index<M: Message>(&self) -> Option<u32> {
        self.types.get(&M::INFO.type_id).copied()
    }

    /// The handler for a typed message as most are: of a type that one handler answers whatever its fields are, through a
    /// handle to which nothing was added.
    #[inline(always)]
    pub(crate) fn usual<M: Message>(&self, route: Option<u32>, origin: &Origin) -> Option<(&Mounted, Takes)> {
        if M::INFO.open || !self.usual || origin.rare.is_some() || origin.has_kept() {
            return None;
        }
        let Choice { handler, takes } = self.routes[route? as usize].get()?.always()?;
        let handler = self.handler(handler);
        (!handler.rivals.load(Relaxed)).then_some((handler, takes))
    }

    /// The handler for a typed message: by the prepared route, or by all its keys if it has more than its type
    /// says. With `after`, the one that would have been found without that handler.
    pub(crate) fn choose<M: Message>(
        &self,
        route: Option<u32>,
        message: &M,
        origin: &Origin,
        after: Option<u32>,
    ) -> Option<Choice> {
        if let Some(index) = route
            && !M::INFO.open
            && origin.extend().is_none()
        {
            let route = match self.routes[index as usize].get() {
                Some(route) => route,
                None => self.make_route(index, &M::INFO),
            };
            return match after {
                None => self.unless_rival(route.find(message), message, origin),
                Some(current) => {
                    let found = route.after(&|field, see| message.key(field, see), current)?;
                    if self.may_be_handed_past(found.handler) {
                        return self.choose_by_keys(message, None, after);
                    }
                    Some(found)
                }
            };
        }
        if route.is_none() && !self.may_answer(&M::INFO, origin) {
            return None;
        }
        self.choose_by_keys(message, origin.extend(), after)
    }

    /// Whether a route takes a typed message past the handlers here.
    #[inline]
    pub(crate) fn is_taken_past<M: Message>(&self, message: &M, origin: &Origin) -> bool {
        self.skips_local && self.looks_past(message, origin)
    }

    #[cold]
    fn looks_past<M: Message>(&self, message: &M, origin: &Origin) -> bool {
        keys_of(message, origin.extend()).is_some_and(|keys| self.remote.skips_local(&JsonFields::new(&keys)))
    }

    /// The handler that was found here, unless another process has one that wins over it.
    fn unless_rival<M: Message>(
        &self,
        found: Option<Choice>,
        message: &M,
        origin: &Origin,
    ) -> Option<Choice> {
        match found {
            Some(choice) if self.handler(choice.handler).rivals.load(Relaxed) => {
                self.choose_by_keys(message, origin.extend(), None)
            }
            found => found,
        }
    }

    #[cold]
    fn make_route(&self, index: u32, message: &'static MessageInfo) -> &Route {
        self.routes[index as usize].get_or_init(|| Route::of(self, message))
    }

    /// Whether a handler here may answer a typed message that none takes by its type: without a look at its keys, which
    /// would have to be gathered first.
    fn may_answer(&self, message: &'static MessageInfo, origin: &Origin) -> bool {
        self.remote.is_empty()
            || origin.extend().is_some()
            // Whoever only calls others need not look it up.
            || (!self.handlers.is_empty() && self.knows_a_way(message))
    }

    fn knows_a_way(&self, message: &'static MessageInfo) -> bool {
        if self.settings.compare != Compare::Typed {
            return true;
        }
        let known = self.strangers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(may) = known.get(&message.type_id) {
            return *may;
        }
        drop(known);
        // Handlers do not change after the start.
        let may = self.can_answer(message);
        self.strangers.write().unwrap_or_else(PoisonError::into_inner).insert(message.type_id, may);
        may
    }

    /// Whether some handler here can be given messages of this type.
    pub(crate) fn can_answer(&self, message: &MessageInfo) -> bool {
        self.services.firsts().any(|index| could_answer(&self.handler(index).pattern, message))
    }

    /// Whether something else answers every message that this handler is given.
    pub(crate) fn has_prior(&self, handler: u32) -> bool {
        let below = place_of(self.handler(handler));
        let fixed: Vec<(&str, Scalar<'_>)> = below
            .pattern
            .iter()
            .filter(|(_, value)| !value.is_glob())
            .map(|(name, value)| (name, scalar(value.as_ref())))
            .list();
        let all = self.services.find_all(&fixed, &self.handlers);
        self.first_below(all, self.settings.compare, &below).is_some()
            || self.remote.find_below(&fixed, &below).is_some()
    }

    #[cold]
    fn choose_by_keys<M: Message>(
        &self,
        message: &M,
        extend: Option<&Map<String, Value>>,
        after: Option<u32>,
    ) -> Option<Choice> {
        self.choose_among(&keys_of(message, extend)?, after, &M::INFO)
    }

    fn choose_among(
        &self,
        keys: &Map<String, Value>,
        after: Option<u32>,
        message: &'static MessageInfo,
    ) -> Option<Choice> {
        let keys = JsonFields::new(keys);
        let handler = match after {
            None => self.services.find_any(&keys).filter(|found| !self.is_outranked(*found, &keys)),
            Some(current) => self.next_after(current, &keys),
        }?;
        Some(Choice { handler, takes: Takes::of(self.handler(handler), message) })
    }

    /// Caller and handler do not share the type: JSON once each way.
    pub(super) async fn deliver_as_json<M: Message>(
        self: &Arc<Self>,
        target: Target<'_>,
        origin: &Origin,
        bytes: Vec<u8>,
    ) -> Reply<M> {
        typed_reply::<M>(self.act_boxed(bytes, origin, target).await)
    }

    /// As [`act`](Core::act), as a trait object: compiled with matchbus, and not with every program that awaits it.
    pub(crate) fn act_boxed<'a>(
        self: &'a Arc<Self>,
        bytes: Vec<u8>,
        origin: &'a Origin,
        target: Target<'a>,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(async move { self.act(&bytes, origin, target).await })
    }

    /// Calls whoever answers what a handler hands on, in another process. A trait object for the same reason.
    pub(super) fn act_after<'a>(
        self: &'a Arc<Self>,
        origin: &Origin,
        bytes: Vec<u8>,
        current: u32,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        let origin = self.origin_below(origin, current);
        Box::pin(async move { self.act_away(&origin, bytes, None).await })
    }

    /// Calls whoever answers in another process.
    pub(super) async fn act_elsewhere(
        &self,
        bytes: &[u8],
        scan: &Scan<'_>,
        envelope: &Envelope<'_>,
    ) -> Result<Vec<u8>, CallError<ErrorReply>> {
        self.refuses_to_send(envelope)?;
        let find = || self.find_away(scan, envelope);
        match self.remote.call(bytes, envelope, &self.settings, find(), &find).await {
            Some(reply) => reply.map_err(|error| named(error, envelope)),
            None => Err(CallError::Bus(self.no_handler_anywhere(scan, envelope))),
        }
    }

    pub(super) fn refuses_to_send(&self, envelope: &Envelope<'_>) -> Result<(), Error> {
        match self.refuses(envelope) {
            None => Ok(()),
            Some(refusal) => Err(refusal.of_message(&envelope.id().to_string())),
        }
    }

    /// Takes in a message from outside for the one handler that answers it.
    pub(crate) async fn send_from_outside(
        self: &Arc<Self>,
        origin: &Origin,
        bytes: &[u8],
        outside: &Outside,
    ) -> Result<(), Error> {
        self.take_in(origin)?;
        let found = {
            let scan = Scan::read(bytes, &self.settings.limits).map_err(Error::malformed)?;
            match outside.find_below(self, &scan, &origin.envelope()) {
                Some(handler) => handler,
                None if outside.hides() => return Err(self.not_exposed(&origin.envelope())),
                None => return Err(self.no_handler(&scan, &origin.envelope())),
            }
        };
        self.record_bytes(How::Sent, bytes);
        let body = Body::Json(Arc::new(bytes.to_vec()));
        self.enqueue(found, Job { origin: origin.clone(), body }).await
    }

    /// Takes in a published message from outside for the observers that are exposed.
    pub(crate) async fn publish_from_outside(
        self: &Arc<Self>,
        origin: &Origin,
        bytes: &[u8],
        outside: &Outside,
        only: &[Arc<str>],
    ) -> Result<(), Error> {
        self.publish_bytes(origin, Arc::new(bytes.to_vec()), Some(outside), only).await.map(drop)
    }

    #[inline]
    pub(super) fn record_bytes(&self, how: How, bytes: &[u8]) {
        if let Some(recorder) = &self.recorder {
            recorder.record(how, serde_json::from_slice(bytes).unwrap_or_default());
        }
    }

    /// Bytes that are no message: counted, and told with what is wrong and where.
    #[cold]
    pub(super) fn refuse_bytes(&self, cause: Malformed, envelope: &Envelope<'_>) -> Error {
        self.count_unrouted();
        Error::malformed(cause).of_message(&envelope.id().to_string())
    }

    #[cold]
    pub(crate) fn nobody<M: Message>(&self, message: &M, origin: &Origin, envelope: &Envelope<'_>) -> Error {
        let keys = keys_of(message, origin.extend()).unwrap_or_default();
        self.nobody_among(&keys, envelope).at_pattern(M::INFO.pattern.text)
    }

    fn nobody_among(&self, keys: &Map<String, Value>, envelope: &Envelope<'_>) -> Error {
        self.no_handler(&JsonFields::new(keys), envelope)
    }
}

/// A message as JSON: the keys of its type, its fields, and what was added.
pub(crate) fn encode<M: Message>(message: &M, extend: Option<&Map<String, Value>>) -> Result<Vec<u8>, Error> {
    encode_in(message, extend, 0)
}

/// As [`encode`], with room for so many bytes.
pub(super) fn encode_in<M: Message>(
    message: &M,
    extend: Option<&Map<String, Value>>,
    room: usize,
) -> Result<Vec<u8>, Error> {
    if extend.is_some() {
        let value = value_of(message, extend)?;
        return serde_json::to_vec(&value).map_err(|cause| unwritable(&M::INFO, &cause, &[]));
    }
    let prefix = M::INFO.prefix;
    let mut bytes = Vec::with_capacity(room.max(prefix.len() + 128));
    bytes.push(b'{');
    bytes.extend_from_slice(prefix.as_bytes());
    let fields = bytes.len();
    if let Err(cause) = json::write(&mut bytes, message) {
        return Err(unwritable(&M::INFO, &cause, &bytes[fields..]));
    }
    if M::INFO.open {
        json::without_keys(&mut bytes, fields, &M::INFO.pattern.keys.iter().map(|key| key.name));
    }
    // The derive macro takes only structs with named fields, which serde writes as an object; it begins with `{`
    // and ends with `}`, and the keys go before its fields.
    match (prefix.is_empty(), bytes.get(fields + 1)) {
        (true, _) => drop(bytes.remove(0)),
        (false, Some(b'}')) => drop(bytes.remove(fields)),
        (false, _) => bytes[fields] = b',',
    }
    Ok(bytes)
}

/// As `encode`, as a tree.
pub(crate) fn value_of<M: Message>(message: &M, extend: Option<&Map<String, Value>>) -> Result<Value, Error> {
    let bytes = encode(message, None)?;
    let mut value: Value =
        serde_json::from_slice(&bytes).map_err(|cause| unwritable(&M::INFO, &cause, &[]))?;
    if let (Value::Object(map), Some(extend)) = (&mut value, extend) {
        for (key, value) in extend {
            // The message's own keys win: what was added is context, not a correction.
            map.entry(key.as_str()).or_insert_with(|| value.clone());
        }
    }
    Ok(value)
}

/// All keys of a message with their values.
fn keys_of<M: Message>(message: &M, extend: Option<&Map<String, Value>>) -> Option<Map<String, Value>> {
    if M::INFO.open {
        return match value_of(message, extend).ok()? {
            Value::Object(map) => Some(map),
            _ => None,
        };
    }
    let mut keys = extend.cloned().unwrap_or_default();
    for key in M::INFO.pattern.keys {
        keys.insert(key.name.to_owned(), value_of_scalar(scalar(key.value)));
    }
    for (index, field) in M::INFO.fields.iter().enumerate() {
        message.key(index, &mut |value| drop(keys.insert(field.name.to_owned(), value_of_scalar(value))));
    }
    Some(keys)
}

fn value_of_scalar(scalar: Scalar<'_>) -> Value {
    match scalar {
        Scalar::Str(text) => text.into(),
        Scalar::Int(n) => n.into(),
        Scalar::Float(n) => n.into(),
        Scalar::Bool(b) => b.into(),
        Scalar::List => Value::Array(Vec::new()),
        Scalar::Object => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

/// The bus's own error with the message's id.
#[cold]
pub(super) fn named(error: CallError<ErrorReply>, envelope: &Envelope<'_>) -> CallError<ErrorReply> {
    match error {
        CallError::Bus(error) => CallError::Bus(error.of_message(&envelope.id().to_string())),
        app @ CallError::App(_) => app,
    }
}

/// A reply in JSON as the caller's types.
pub(super) fn typed_reply<M: Message>(reply: Result<Vec<u8>, CallError<ErrorReply>>) -> Reply<M> {
    match reply {
        Ok(reply) => serde_json::from_slice(&reply).map_err(|cause| CallError::Bus(undecodable::<M>(&cause))),
        Err(CallError::Bus(error)) => Err(CallError::Bus(error)),
        Err(CallError::App(reply)) => Err(typed_error::<M>(reply)),
    }
}

/// A service's error as the caller's type, if it is one.
fn typed_error<M: Message>(reply: ErrorReply) -> CallError<M::Error> {
    let details = serde_json::from_value(reply.details.clone());
    // A caller may declare the readable form itself as its error.
    let whole = || serde_json::from_value(serde_json::to_value(&reply).ok()?).ok();
    let cause = match details {
        Ok(error) => return CallError::App(error),
        Err(cause) => cause,
    };
    if let Some(error) = whole() {
        return CallError::App(error);
    }
    let text = format!(
        "the handler answered with an error that cannot be read as the one which `{}` declares ({cause}): {reply}",
        M::INFO.name
    );
    CallError::Bus(Error::new(ErrorKind::Failed, Outcome::Done, text).with_source(reply))
}

#[cold]
fn unwritable(about: &MessageInfo, cause: &serde_json::Error, written: &[u8]) -> Error {
    let path = path_of_end(written);
    let text = format!("the message `{}` cannot be written as JSON at {path}: {cause}", about.name);
    Error::new(ErrorKind::Invalid, Outcome::NotDone, text).with_path(path).at_pattern(about.pattern.text)
}

#[cold]
fn undecodable<M: Message>(cause: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Undecodable,
        Outcome::Unknown,
        format!("the handler ran, but its reply is not what `{}` declares: {cause}", M::INFO.name),
    )
    .at_pattern(M::INFO.pattern.text)
}

/// An error that a handler ended with says where, too.
#[cold]
pub(super) fn said_by(
    error: CallError<ErrorReply>,
    handler: &Mounted,
    envelope: &Envelope<'_>,
) -> CallError<ErrorReply> {
    match error {
        CallError::Bus(error) => {
            CallError::Bus(error.at_pattern(&handler.text).of_message(&envelope.id().to_string()))
        }
        app @ CallError::App(_) => app,
    }
}

/// A handler's future ended without a reply: the macros and closures make that impossible.
#[cold]
pub(super) fn silent() -> Error {
    Error::new(ErrorKind::Failed, Outcome::Unknown, "the handler ended without a reply; please report this")
}
