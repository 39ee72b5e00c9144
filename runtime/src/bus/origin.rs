use std::any::TypeId;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::envelope::Envelope;
use crate::handler::Context;
use crate::message::{Message, Meta, Rare};
use crate::seam::clock;

/// Where the messages of one handle come from: the message being handled, and what its holder added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) parent: Option<Meta>,
    pub(crate) rare: Option<Arc<Rare>>,
    /// Keys of the message being handled that its type does not know.
    kept: Option<Arc<Kept>>,
}

/// What a message had beyond its type; it goes along when a message of that type is sent on (rule M2, MUST KEEP).
#[derive(Debug)]
struct Kept {
    message: TypeId,
    extra: Map<String, Value>,
}

impl Origin {
    /// For what a handler sends.
    pub(crate) fn of(context: &Context<'_>) -> Self {
        let kept = context.handler().about.message().and_then(|message| {
            let extra = context.extra();
            (!extra.is_empty()).then(|| Arc::new(Kept { message: message.type_id, extra }))
        });
        Origin { parent: Some(context.meta().clone()), rare: None, kept }
    }

    /// For what comes from outside.
    pub(crate) fn outside(rare: Rare) -> Self {
        Origin { rare: Some(Arc::new(rare)), ..Origin::default() }
    }

    /// For what a handler hands on: what it was given, whatever the type.
    pub(crate) fn handing_on(context: &Context<'_>) -> Self {
        let origin = Origin { parent: Some(context.meta().clone()), rare: None, kept: None };
        let (extra, envelope) = (context.extra(), context.envelope());
        let handed_key = envelope.repeat_key().or_else(|| envelope.handed_key());
        if extra.is_empty() && handed_key.is_none() {
            return origin;
        }
        origin.change(|rare| (rare.extend, rare.handed_key) = (extra, handed_key))
    }

    /// The origin of a message of type `M`, which is sent on if it is of the type being handled.
    pub(crate) fn sending<M: Message>(&self) -> Cow<'_, Self> {
        self.again::<M>().map_or(Cow::Borrowed(self), Cow::Owned)
    }

    /// Whether messages of some type take more along than their type knows.
    #[inline]
    pub(crate) fn has_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// The origin of a message of type `M`, if that is the type being handled and it had more than its type knows.
    pub(crate) fn again<M: Message>(&self) -> Option<Self> {
        let kept = self.kept.as_ref()?;
        (kept.message == M::INFO.type_id).then(|| self.with_extra(&kept.extra))
    }

    #[cold]
    fn with_extra(&self, extra: &Map<String, Value>) -> Self {
        let origin = self.change(|rare| {
            for (key, value) in extra {
                rare.extend.entry(key.as_str()).or_insert_with(|| value.clone());
            }
        });
        // It goes along now.
        Origin { kept: None, ..origin }
    }

    /// Whether only handlers after some place are to answer.
    #[inline]
    pub(crate) fn is_below(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.below.is_some())
    }

    /// Whether no time is left for what is sent from here.
    pub(crate) fn is_late(&self) -> bool {
        let own = self.rare.as_ref().and_then(|rare| rare.budget);
        let left = self.parent.as_ref().and_then(Meta::budget);
        own.is_some_and(|own| own.is_zero()) || left.is_some_and(|left| left.is_zero())
    }

    #[inline]
    pub(crate) fn envelope(&self) -> Envelope<'_> {
        Envelope::new(self)
    }

    /// The further keys that the holder added to every message.
    #[inline]
    pub(crate) fn extend(&self) -> Option<&Map<String, Value>> {
        self.rare.as_ref().map(|rare| &rare.extend).filter(|extend| !extend.is_empty())
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Rare)) -> Self {
        let mut origin = self.clone();
        change(Arc::make_mut(origin.rare.get_or_insert_default()));
        origin
    }

    pub(crate) fn budget(&self, budget: Duration) -> Self {
        self.change(|rare| rare.budget = Some(clock::bounded(budget)))
    }
}

/// The functions that every handle has to say more about the messages sent through it.
macro_rules! say_more {
    () => {
        /// The same handle, for messages that may take this long. What is left to the message being handled is
        /// never exceeded.
        #[must_use]
        pub fn timeout(&self, timeout: std::time::Duration) -> Self {
            self.with_origin(self.origin.budget(timeout))
        }

        /// The same handle, for messages with this value in their user context, which is passed on to every
        /// message that they lead to; see [`Meta::context`](crate::Meta::context).
        #[must_use]
        pub fn context(
            &self,
            key: impl Into<std::sync::Arc<str>>,
            value: impl Into<std::sync::Arc<str>>,
        ) -> Self {
            let (key, value) = (key.into(), value.into());
            self.with_origin(self.origin.change(|rare| {
                rare.context.insert(key, value);
            }))
        }

        /// The same handle, for messages that have this further key: a special case can be found by it, and
        /// handlers that do not know it ignore it.
        #[must_use]
        pub fn extend(&self, key: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
            let (key, value) = (key.into(), value.into());
            self.with_origin(self.origin.change(|rare| {
                rare.extend.insert(key, value);
            }))
        }

        /// The same handle, for messages that are repeats of each other under this key: a handler with `effect(dedup)`
        /// runs once for all of them, and answers each with the same reply (rules R7 and R8). Other handlers only see the
        /// key, as [`Meta::idempotency_key`](crate::Meta::idempotency_key).
        #[must_use]
        pub fn idempotency_key(&self, key: impl Into<std::sync::Arc<str>>) -> Self {
            let key = key.into();
            self.with_origin(self.origin.change(|rare| rare.key = Some(key)))
        }

        /// The same handle, which notes on this receipt how its messages are answered.
        #[must_use]
        pub fn receipt(&self, receipt: &crate::message::Receipt) -> Self {
            self.with_origin(self.origin.change(|rare| rare.receipt = Some(receipt.clone())))
        }
    };
}
pub(crate) use say_more;
