use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::message::{Id, Meta, Rare};
use crate::seam::clock::{self, Instant};

use super::text::Text;

/// What goes along with one message while it is on its way; made anew for each one, on the caller's stack.
///
/// Everything here that costs something (an id, a look at the clock) is made when it is asked for: a call that
/// ends at once pays for none of it.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) parent: Option<Meta>,
    pub(crate) rare: Option<Arc<Rare>>,
    /// It waited in a queue: let in already, and with a time of its own, since whoever sent it does not wait.
    pub(crate) queued: bool,
    id: OnceLock<Id>,
    deadline: OnceLock<Instant>,
}

impl Envelope {
    pub(crate) fn new(parent: Option<Meta>, rare: Option<Arc<Rare>>) -> Self {
        Envelope { parent, rare, queued: false, id: OnceLock::new(), deadline: OnceLock::new() }
    }

    /// The message's id.
    pub(crate) fn id(&self) -> Id {
        *self.id.get_or_init(|| self.rare.as_ref().and_then(|rare| rare.id).unwrap_or_else(Id::generate))
    }

    /// When the message's time is up: its own budget, but never more than what is left to its parent (rule R4).
    ///
    /// The clock starts when the first one asks, which is before the handler first waits for anything.
    pub(crate) fn deadline(&self, default_budget: Duration) -> Instant {
        *self.deadline.get_or_init(|| {
            let own = self.rare.as_ref().and_then(|rare| rare.budget);
            let parent = self.parent.as_ref().filter(|_| !self.queued).and_then(Meta::deadline);
            match (own, parent) {
                (None, Some(parent)) => parent,
                (Some(own), Some(parent)) => parent.min(clock::now() + own),
                (own, None) => clock::now() + own.unwrap_or(default_budget),
            }
        })
    }

    /// How many messages led to this one.
    pub(crate) fn depth(&self) -> u32 {
        self.parent.as_ref().map_or(0, |parent| parent.depth() + 1)
    }

    /// The meta data as the handler sees it.
    pub(crate) fn meta(&self, pattern: &Text, default_budget: Duration) -> Meta {
        let id = OnceLock::new();
        if let Some(known) = self.id.get() {
            let _ = id.set(*known);
        }
        Meta::new(
            self.parent.clone(),
            pattern.clone(),
            Some(self.deadline(default_budget)),
            self.rare.clone(),
            id,
        )
    }
}
