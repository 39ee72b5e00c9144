use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::envelope::Envelope;
use crate::message::{Meta, Rare};

/// Where the messages of one handle come from: the message being handled, and what its holder added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) parent: Option<Meta>,
    pub(crate) rare: Option<Arc<Rare>>,
}

impl Origin {
    pub(crate) fn of(parent: Meta) -> Self {
        Origin { parent: Some(parent), rare: None }
    }

    #[inline]
    pub(crate) fn envelope(&self) -> Envelope {
        Envelope::new(self.parent.clone(), self.rare.clone())
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
        self.change(|rare| rare.budget = Some(budget))
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

        /// The same handle, for messages that are repeats of each other under this key.
        #[must_use]
        pub fn idempotency_key(&self, key: impl Into<std::sync::Arc<str>>) -> Self {
            let key = key.into();
            self.with_origin(self.origin.change(|rare| rare.key = Some(key)))
        }
    };
}
pub(crate) use say_more;
