//! A message's way from a caller's hands to a handler and back.

use std::any::Any;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::core::Core;
use super::envelope::Envelope;
use super::origin::Origin;
use super::route::{Candidate, Route, could_answer, scalar};
use crate::handler::{Input, InputKind, JsonReply, Output, OutputKind, TypedReply};
use crate::message::json::{Malformed, Scan};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Message, MessageInfo, Outcome};
use crate::pattern::{JsonFields, Scalar};
use crate::testing::How;

/// A typed message on its way, given away or lent.
pub(crate) enum Parcel<'a, M> {
    Owned(M),
    Lent(&'a M),
}

impl<M> Parcel<'_, M> {
    pub(crate) fn get(&self) -> &M {
        match self {
            Parcel::Owned(message) => message,
            Parcel::Lent(message) => message,
        }
    }
}

pub(crate) type Reply<M> = Result<<M as Message>::Reply, CallError<<M as Message>::Error>>;

/// Which handler a typed message goes to, and whether it takes the message as it is.
pub(crate) struct Choice {
    pub(crate) handler: u32,
    pub(crate) same_type: bool,
}

impl From<&Candidate> for Choice {
    fn from(candidate: &Candidate) -> Self {
        Choice { handler: candidate.handler, same_type: candidate.same_type }
    }
}

impl Core {
    /// The route of `M`'s messages: kept where a handler here takes the type, otherwise worked out each time.
    #[inline]
    pub(crate) fn route_index<M: Message>(&self) -> Option<u32> {
        self.types.get(&M::INFO.type_id).copied()
    }

    /// The handler for a typed message: by the prepared route, or by all its keys if it has more than its type
    /// says. With `after`, the one that would have been found without that handler.
    #[inline]
    pub(crate) fn choose<M: Message>(
        &self,
        route: Option<u32>,
        message: &M,
        origin: &Origin,
        after: Option<u32>,
    ) -> Option<Choice> {
        if origin.rare.is_none() || (origin.extend().is_none() && !M::INFO.open) {
            if let Some(index) = route {
                if !M::INFO.open {
                    let route = self.routes[index as usize].get_or_init(|| Route::of::<M>(self));
                    let found = match after {
                        None => route.find(message),
                        Some(current) => route.after(message, current),
                    };
                    return found.map(Choice::from);
                }
            }
        }
        self.choose_by_keys(message, origin.extend(), after)
    }

    /// Whether the handler takes its message by reference and shares the caller's type.
    pub(crate) fn lends(&self, choice: &Choice) -> bool {
        choice.same_type && self.handler(choice.handler).about.by_ref()
    }

    /// Whether some handler here can be given messages of this type.
    pub(crate) fn can_answer(&self, message: &MessageInfo) -> bool {
        self.services.firsts().any(|index| could_answer(&self.handler(index).pattern, message))
    }

    /// Whether something else answers every message that this handler is given.
    pub(crate) fn has_prior(&self, handler: u32) -> bool {
        let pattern = &self.handler(handler).pattern;
        let fixed: Vec<(&str, Scalar<'_>)> = pattern
            .iter()
            .filter(|(_, value)| !value.is_glob())
            .map(|(name, value)| (name, scalar(value.as_ref())))
            .collect();
        let all = self.services.find_all(&fixed, &self.handlers);
        all.iter().any(|index| *index != handler) || self.handler(handler).replaced.is_some()
    }

    #[cold]
    fn choose_by_keys<M: Message>(
        &self,
        message: &M,
        extend: Option<&Map<String, Value>>,
        after: Option<u32>,
    ) -> Option<Choice> {
        let keys = keys_of(message, extend)?;
        let keys = JsonFields::new(&keys);
        let handler = match after {
            None => self.services.find(&keys),
            Some(current) => {
                let all = self.services.find_all(&keys, &self.handlers);
                all.into_iter().skip_while(|index| *index != current).nth(1)
            }
        }?;
        let same_type =
            self.handler(handler).about.message().is_some_and(|message| message.type_id == M::INFO.type_id);
        Some(Choice { handler, same_type })
    }

    /// Brings a typed message to the handler chosen for it.
    #[inline]
    pub(crate) async fn deliver<M: Message>(
        self: &Arc<Self>,
        choice: Option<Choice>,
        origin: &Origin,
        parcel: Parcel<'_, M>,
    ) -> Reply<M> {
        let envelope = origin.envelope();
        if let Some(recorder) = &self.recorder {
            recorder.record(How::Called, value_of(parcel.get(), origin.extend())?);
        }
        let Some(choice) = choice else {
            return Err(CallError::Bus(self.nobody(parcel.get(), origin, &envelope)));
        };
        let handler = self.handler(choice.handler);
        if choice.same_type {
            let mut slot: TypedReply<M> = None;
            let output = Output(OutputKind::Typed(&mut slot));
            let counted = match parcel {
                Parcel::Owned(message) => {
                    let mut message = Some(message);
                    let input = Input(InputKind::Owned(&mut message));
                    self.run(handler, &envelope, None, input, output).await?
                }
                Parcel::Lent(message) => {
                    let input = Input(InputKind::Borrowed(message as &(dyn Any + Send + Sync)));
                    self.run(handler, &envelope, None, input, output).await?
                }
            };
            let reply = slot.unwrap_or_else(|| Err(CallError::Bus(silent())));
            counted.ended(&reply);
            return reply;
        }
        // Boxed, so that the usual way does not carry the room for the unusual one.
        Box::pin(self.deliver_as_json(choice.handler, &envelope, origin, parcel)).await
    }

    /// Caller and handler do not share the type: JSON once each way.
    async fn deliver_as_json<M: Message>(
        self: &Arc<Self>,
        handler: u32,
        envelope: &Envelope,
        origin: &Origin,
        parcel: Parcel<'_, M>,
    ) -> Reply<M> {
        let bytes = encode(parcel.get(), origin.extend())?;
        drop(parcel);
        let scan = Scan::read(&bytes, &self.settings.limits).map_err(Error::malformed)?;
        match self.run_json(handler, envelope, &scan).await {
            Ok(reply) => {
                serde_json::from_slice(&reply).map_err(|cause| CallError::Bus(undecodable::<M>(&cause)))
            }
            Err(CallError::Bus(error)) => Err(CallError::Bus(error)),
            Err(CallError::App(reply)) => Err(typed_error::<M>(reply)),
        }
    }

    /// Brings JSON to a handler.
    #[inline]
    pub(crate) async fn run_json(
        self: &Arc<Self>,
        handler: u32,
        envelope: &Envelope,
        scan: &Scan<'_>,
    ) -> Result<Vec<u8>, CallError<ErrorReply>> {
        let handler = self.handler(handler);
        let mut slot: JsonReply = None;
        let (input, output) = (Input(InputKind::Json(scan)), Output(OutputKind::Json(&mut slot)));
        let counted = self.run(handler, envelope, Some(scan), input, output).await?;
        let reply = slot.unwrap_or_else(|| Err(CallError::Bus(silent())));
        counted.ended(&reply);
        reply.map_err(|error| match error {
            CallError::Bus(error) => {
                CallError::Bus(error.at_pattern(&handler.text).of_message(&envelope.id().to_string()))
            }
            app @ CallError::App(_) => app,
        })
    }

    /// Brings JSON to whichever handler answers it; with `after`, to the next one after that handler.
    #[inline]
    pub(crate) async fn act(
        self: &Arc<Self>,
        bytes: &[u8],
        envelope: &Envelope,
        after: Option<u32>,
    ) -> Result<Vec<u8>, CallError<ErrorReply>> {
        let scan = match Scan::read(bytes, &self.settings.limits) {
            Ok(scan) => scan,
            Err(cause) => return Err(CallError::Bus(self.refuse_bytes(cause, envelope))),
        };
        if let Some(recorder) = &self.recorder {
            recorder.record(How::Called, serde_json::from_slice(bytes).unwrap_or_default());
        }
        let handler = match after {
            None => self.services.find(&scan),
            Some(current) => self
                .services
                .find_all(&scan, &self.handlers)
                .into_iter()
                .skip_while(|index| *index != current)
                .nth(1),
        };
        match handler {
            Some(handler) => self.run_json(handler, envelope, &scan).await,
            None => Err(CallError::Bus(self.no_handler(&scan, envelope))),
        }
    }

    /// Bytes that are no message: counted, and told with what is wrong and where.
    #[cold]
    fn refuse_bytes(&self, cause: Malformed, envelope: &Envelope) -> Error {
        self.count_unrouted();
        Error::malformed(cause).of_message(&envelope.id().to_string())
    }

    #[cold]
    pub(crate) fn nobody<M: Message>(&self, message: &M, origin: &Origin, envelope: &Envelope) -> Error {
        let keys = keys_of(message, origin.extend()).unwrap_or_default();
        self.no_handler(&JsonFields::new(&keys), envelope).at_pattern(M::INFO.pattern.text)
    }
}

/// A message as JSON: the keys of its type, its fields, and what was added.
pub(crate) fn encode<M: Message>(message: &M, extend: Option<&Map<String, Value>>) -> Result<Vec<u8>, Error> {
    if extend.is_some() {
        let value = value_of(message, extend)?;
        return serde_json::to_vec(&value).map_err(|cause| unwritable::<M>(&cause));
    }
    let prefix = M::INFO.prefix;
    let mut bytes = Vec::with_capacity(prefix.len() + 128);
    bytes.push(b'{');
    bytes.extend_from_slice(prefix.as_bytes());
    let fields = bytes.len();
    serde_json::to_writer(&mut bytes, message).map_err(|cause| unwritable::<M>(&cause))?;
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
    let mut value: Value = serde_json::from_slice(&bytes).map_err(|cause| unwritable::<M>(&cause))?;
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

/// A service's error as the caller's type, if it is one.
fn typed_error<M: Message>(reply: ErrorReply) -> CallError<M::Error> {
    let details = serde_json::from_value(reply.details.clone());
    // A caller may declare the readable form itself as its error.
    let error = details.or_else(|_| serde_json::from_value(serde_json::to_value(&reply)?));
    match error {
        Ok(error) => CallError::App(error),
        Err(_) => CallError::Bus(
            Error::new(
                ErrorKind::Failed,
                Outcome::Done,
                format!(
                    "the handler answered with an error that `{}` does not declare: {reply}",
                    M::INFO.name
                ),
            )
            .with_source(reply),
        ),
    }
}

#[cold]
fn unwritable<M: Message>(cause: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Invalid,
        Outcome::NotDone,
        format!("the message `{}` cannot be written as JSON: {cause}", M::INFO.name),
    )
    .at_pattern(M::INFO.pattern.text)
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

/// A handler's future ended without a reply: the macros and closures make that impossible.
#[cold]
fn silent() -> Error {
    Error::new(ErrorKind::Failed, Outcome::Unknown, "the handler ended without a reply; please report this")
}
