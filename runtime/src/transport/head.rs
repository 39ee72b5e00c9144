use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::message::{Id, TraceParent};

/// What goes beside a message's body over a wire. Each transport maps it to headers, properties or fields of a frame.
///
/// All of it is optional: a message from `curl` has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The message's id; kept when it is sent again.
    pub id: Option<Id>,
    /// The key by which repeats are known; kept when the message is sent again.
    pub key: Option<Arc<str>>,
    /// Which attempt this is; the first is 0.
    pub attempt: u32,
    /// What is left of the message's time.
    pub budget: Option<Duration>,
    /// The W3C trace context.
    pub trace: Option<TraceParent>,
    /// Who sends it: the name of a process, not proof of anything.
    pub source: Option<Arc<str>>,
    /// User context, such as a tenant.
    pub context: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether it goes to every group of observers, and not to one handler.
    pub published: bool,
    /// Of a published message, the groups of observers that are to have a copy from the one who gets it; empty for all.
    pub groups: Vec<Arc<str>>,
}

impl Head {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Head { id, key, attempt, budget, trace, source, context, published, groups } = self;
        id.is_none()
            && key.is_none()
            && *attempt == 0
            && budget.is_none()
            && trace.is_none()
            && source.is_none()
            && context.is_empty()
            && !published
            && groups.is_empty()
    }
}
