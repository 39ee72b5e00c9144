use std::any::TypeId;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::State;
use crate::bus::{Bus, Core, Envelope, Mounted, Origin};
use crate::message::json::Scan;
use crate::message::{MessageInfo, Meta};

/// What a handler's arguments are taken from: the message's meta data, the states, the bus.
///
/// Types of yours that implement [`FromContext`](super::FromContext) are given one.
pub struct Context<'a> {
    core: &'a Arc<Core>,
    handler: &'a Mounted,
    envelope: &'a Envelope<'a>,
    raw: Option<&'a Scan<'a>>,
    meta: OnceLock<Meta>,
}

impl<'a> Context<'a> {
    #[inline]
    pub(crate) fn new(
        core: &'a Arc<Core>,
        handler: &'a Mounted,
        envelope: &'a Envelope<'a>,
        raw: Option<&'a Scan<'a>>,
    ) -> Self {
        Context { core, handler, envelope, raw, meta: OnceLock::new() }
    }

    /// The message's meta data.
    pub fn meta(&self) -> &Meta {
        self.meta.get_or_init(|| self.envelope.meta(&self.handler.text, self.core.settings.budget))
    }

    /// The state of type `T`, if the process provides one.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<State<T>> {
        let state = Arc::clone(self.core.states.get(&TypeId::of::<T>())?);
        state.downcast().ok().map(State)
    }

    /// A handle whose messages follow from the one being handled.
    pub fn bus(&self) -> Bus {
        Bus::new(Arc::clone(self.core), Origin::of(self))
    }

    /// The handler's pattern.
    pub fn pattern(&self) -> &str {
        &self.handler.text
    }

    /// The keys of the message that its type does not know (rule M2): what a sender added with
    /// [`extend`](Bus::extend), or what came as JSON beyond the fields.
    pub fn extra(&self) -> Map<String, Value> {
        let known = |name: &str| self.handler.about.message().is_some_and(|message| knows(message, name));
        let mut extra = Map::new();
        if let Some(rare) = &self.envelope.origin.rare {
            extra.extend(rare.extend.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        if let Some(scan) = self.raw {
            for index in (0..scan.len()).filter(|index| !known(scan.key(*index))) {
                let value = serde_json::from_str(scan.raw(index)).unwrap_or_default();
                extra.insert(scan.key(index).to_owned(), value);
            }
        }
        extra
    }

    pub(crate) fn core(&self) -> &'a Arc<Core> {
        self.core
    }

    #[inline]
    pub(crate) fn handler(&self) -> &'a Mounted {
        self.handler
    }

    #[inline]
    pub(crate) fn envelope(&self) -> &'a Envelope<'a> {
        self.envelope
    }
}

fn knows(message: &MessageInfo, name: &str) -> bool {
    message.pattern.keys.iter().any(|key| key.name == name)
        || message.fields.iter().any(|field| field.name == name)
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("pattern", &self.pattern()).finish_non_exhaustive()
    }
}
