use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value};

use super::Receipt;
use super::Text;
use crate::router::Below;
use crate::seam::clock::{self, Instant};
use crate::seam::random;

/// A message's identity: 128 bits that sort by time, written as a UUID of version 7 (RFC 9562, section 5.7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u128);

impl Id {
    /// A new one.
    pub(crate) fn generate() -> Self {
        let time = u128::from(clock::unix_ms() & 0xffff_ffff_ffff);
        let random = (u128::from(random::next()) << 64) | u128::from(random::next());
        Id((time << 80)
            | (7 << 76)
            | ((random >> 52) & (0xfff << 64))
            | (2 << 62)
            | (random & ((1 << 62) - 1)))
    }

    /// The 128 bits.
    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// From the 128 bits of an id that came over a wire.
    pub fn from_u128(bits: u128) -> Self {
        Id(bits)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 36];
        let digits = hex::<32>(self.0);
        for (at, from, to) in [(0, 0, 8), (9, 8, 12), (14, 12, 16), (19, 16, 20), (24, 20, 32)] {
            text[at..at + to - from].copy_from_slice(&digits[from..to]);
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A W3C trace context, version 00 (<https://www.w3.org/TR/trace-context/>, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`; `None` for anything else, as the specification asks: a trace
    /// context that cannot be read is as if it were not there.
    ///
    /// ```
    /// use matchbus::TraceParent;
    ///
    /// let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// assert_eq!(TraceParent::parse(text).unwrap().to_string(), text);
    /// assert!(TraceParent::parse("00-0-0-01").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |part: &str, len| {
            part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !hex(version, 2) || version == "ff" || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
            return None;
        }
        // A later version may have more parts; version 00 has not.
        if version == "00" && parts.next().is_some() {
            return None;
        }
        let parent = TraceParent {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            flags: u8::from_str_radix(flags, 16).ok()?,
        };
        (parent.trace != 0 && parent.span != 0).then_some(parent)
    }
}

impl TraceParent {
    /// Of the first message of a trace that starts here: it takes its number from the message's id.
    #[allow(clippy::cast_possible_truncation)] // The lower half.
    pub(crate) fn of_first(id: Id) -> Self {
        TraceParent { trace: id.0, span: (id.0 as u64).max(1), flags: 0 }
    }

    /// The same trace, with the span of this message.
    #[allow(clippy::cast_possible_truncation)] // The lower half.
    pub(crate) fn at(self, id: Id) -> Self {
        TraceParent { span: (id.0 as u64).max(1), ..self }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"00-................................-................-..";
        text[3..35].copy_from_slice(&hex::<32>(self.trace));
        text[36..52].copy_from_slice(&hex::<16>(self.span.into()));
        text[53..].copy_from_slice(&hex::<2>(self.flags.into()));
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// The last `N` hexadecimal digits. Each message that leaves the process has some: this is several times as fast as
/// `write!` with a width.
pub(crate) fn hex<const N: usize>(mut number: u128) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
    digits
}

/// What travels beside a message's body and never in it: identity, chain, deadline, trace, user context.
///
/// As an argument of a handler it is the current message's; calls made through the handler's `Call`, `Emit`,
/// `Prior` and `Bus` arguments carry it on by themselves.
///
/// ```
/// use matchbus::prelude::*;
///
/// #[derive(Message, Serialize, Deserialize)]
/// #[message(role = "who", cmd = "tenant", reply(String))]
/// struct Tenant {}
///
/// #[service(role = "who", cmd = "tenant")]
/// async fn tenant(_: Tenant, meta: Meta) -> String {
///     meta.context("tenant").unwrap_or("nobody").to_owned()
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = matchbus::Bus::with(matchbus::services![tenant]).unwrap();
/// assert_eq!(bus.context("tenant", "acme").call(Tenant {}).await.unwrap(), "acme");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Meta(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: OnceLock<Id>,
    parent: Option<Meta>,
    depth: u32,
    pattern: Text,
    deadline: Option<Instant>,
    rare: Option<Arc<Rare>>,
}

/// What a caller can say of a message beyond its body. Most messages have nothing of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    /// How long the message may take.
    pub(crate) budget: Option<Duration>,
    /// User context, passed on to nested messages.
    pub(crate) context: BTreeMap<Arc<str>, Arc<str>>,
    /// Further keys of the message, not passed on except to what handles the same message.
    pub(crate) extend: Map<String, Value>,
    /// The idempotency key.
    pub(crate) key: Option<Arc<str>>,
    /// Which attempt this is, from 0.
    pub(crate) attempt: u32,
    /// Where the message came from, for a message from outside.
    pub(crate) source: Option<Arc<str>>,
    /// The trace it belongs to, for a message from outside.
    pub(crate) trace: Option<TraceParent>,
    /// Its id, for a message from outside.
    pub(crate) id: Option<Id>,
    /// The key of the message that this one hands on.
    pub(crate) handed_key: Option<Arc<str>>,
    /// The handler that hands it on, where that is in another process than who is to answer.
    pub(crate) below: Option<Arc<Below>>,
    /// How long the answer is to be remembered whatever the handler declares.
    pub(crate) remember: Option<Duration>,
    /// How many messages led to it in other processes, for a message from outside.
    pub(crate) hops: u32,
    /// Their patterns, for a message from outside.
    pub(crate) chain: Vec<Arc<str>>,
    /// Where the caller wants to know how it was answered.
    pub(crate) receipt: Option<Receipt>,
}

impl Meta {
    pub(crate) fn new(
        parent: Option<Meta>,
        pattern: Text,
        deadline: Option<Instant>,
        rare: Option<Arc<Rare>>,
        id: OnceLock<Id>,
    ) -> Self {
        let depth = match &parent {
            Some(parent) => parent.0.depth + 1,
            None => rare.as_ref().map_or(0, |rare| rare.hops),
        };
        Meta(Arc::new(Inner { id, parent, depth, pattern, deadline, rare }))
    }

    /// The message's id.
    pub fn id(&self) -> Id {
        *self.0.id.get_or_init(|| self.rare().and_then(|rare| rare.id).unwrap_or_else(Id::generate))
    }

    /// The key by which repeats of the message are known: the one the caller set, or else the id. What is handed on to a
    /// [`Prior`](crate::Prior) keeps the key.
    pub fn idempotency_key(&self) -> String {
        match self.rare().and_then(|rare| rare.key.as_deref().or(rare.handed_key.as_deref())) {
            Some(key) => key.to_owned(),
            None => self.id().to_string(),
        }
    }

    /// Which attempt this is; the first is 0.
    pub fn attempt(&self) -> u32 {
        self.rare().map_or(0, |rare| rare.attempt)
    }

    /// The pattern of the handler that was chosen.
    pub fn pattern(&self) -> &str {
        &self.0.pattern
    }

    /// What is left of the time that the message may take; zero when it has passed. `None` for a message
    /// without a deadline.
    pub fn budget(&self) -> Option<Duration> {
        self.0.deadline.map(|deadline| deadline.saturating_duration_since(clock::now()))
    }

    /// The message whose handler sent this one.
    pub fn parent(&self) -> Option<&Meta> {
        self.0.parent.as_ref()
    }

    /// How many messages led to this one, in this process and in others; 0 at the edge.
    pub fn depth(&self) -> u32 {
        self.0.depth
    }

    /// The patterns that led here, the edge first and this message last; of those in other processes the last 32.
    pub fn chain(&self) -> Vec<&str> {
        let mut chain = Vec::new();
        for meta in std::iter::successors(Some(self), |meta| meta.parent()) {
            chain.push(meta.pattern());
            if let (None, Some(rare)) = (meta.parent(), meta.rare()) {
                chain.extend(rare.chain.iter().rev().map(|pattern| &**pattern));
            }
        }
        chain.reverse();
        chain
    }

    /// A value of the user context, such as a tenant; set by [`Bus::context`](crate::Bus::context) at the edge
    /// and passed on to every nested message.
    pub fn context(&self, key: &str) -> Option<&str> {
        let here = self.rare().and_then(|rare| rare.context.get(key));
        match here {
            Some(value) => Some(value),
            None => self.parent()?.context(key),
        }
    }

    /// The whole user context.
    pub fn contexts(&self) -> BTreeMap<&str, &str> {
        let mut all = self.parent().map(Meta::contexts).unwrap_or_default();
        if let Some(rare) = self.rare() {
            all.extend(rare.context.iter().map(|(key, value)| (&**key, &**value)));
        }
        all
    }

    /// Where a message from outside came from.
    pub fn source(&self) -> Option<&str> {
        self.rare().and_then(|rare| rare.source.as_deref()).or_else(|| self.parent()?.source())
    }

    /// The W3C trace context of this message: the trace of the first message, and a span of its own.
    ///
    /// A trace that started here takes its number from the first message's id.
    pub fn traceparent(&self) -> TraceParent {
        let first = std::iter::successors(Some(self), |meta| meta.parent()).last().unwrap_or(self);
        let came = first.rare().and_then(|rare| rare.trace);
        came.unwrap_or_else(|| TraceParent::of_first(first.id())).at(self.id())
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    fn rare(&self) -> Option<&Rare> {
        self.0.rare.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_version_7() {
        let text = Id::generate().to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "7");
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "{text}");
        assert_ne!(Id::generate(), Id::generate());
    }

    #[test]
    fn trace_contexts_that_the_specification_refuses_are_refused() {
        for bad in [
            "",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ] {
            assert!(TraceParent::parse(bad).is_none(), "{bad}");
        }
    }
}
