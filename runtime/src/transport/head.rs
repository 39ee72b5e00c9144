use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::message::{Id, Receipt, TraceParent};

/// What goes beside a message's body over a wire. Each transport maps it to headers, properties or fields of a frame.
///
/// All of it is optional: a message from `curl` has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The message's id; kept when it is sent again.
    pub id: Option<Id>,
    /// The key by which repeats are known, where it is not the id; kept when the message is sent again.
    pub key: Option<Arc<str>>,
    /// Which attempt this is; the first is 0.
    pub attempt: u32,
    /// What is left of the message's time.
    pub budget: Option<Duration>,
    /// The W3C trace context.
    pub trace: Option<TraceParent>,
    /// Who sends it: the name of a process, not proof of anything.
    pub source: Option<Arc<str>>,
    /// User context, such as a tenant. What came from outside is what the sender wrote, and proof of nothing.
    pub context: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether it goes to every group of observers, and not to one handler.
    pub published: bool,
    /// Of a published message, the groups of observers that are to have a copy from the one who gets it; empty for all.
    pub groups: Vec<Arc<str>>,
    /// How many messages led to this one: the guard against circles counts over all processes.
    pub hops: u32,
    /// The patterns of those messages, the edge first; at most the last 32.
    pub chain: Vec<Arc<str>>,
    /// The place in the order of patterns (rule M3) below which the message is to be answered: that of a handler elsewhere which
    /// hands it on by [`Prior`](crate::Prior). A text of the bus's own, `cmd:add,role:cart,tier:gold` for one.
    pub below: Option<Arc<str>>,
    /// How long an answer to this message is to be remembered for a repeat of it under its key or id, whatever the handler
    /// declares; with other data or user context it is none. It does not travel: a listener sets it for peers whose protocol
    /// promises that, as Seneca's does.
    pub remember: Option<Duration>,
    /// Where to note that the answer is a stored one. It does not travel: a link notes what it was told, and a listener
    /// gives one in to learn what it is to tell.
    pub receipt: Option<Receipt>,
}

impl Head {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Head {
            id,
            key,
            attempt,
            budget,
            trace,
            source,
            context,
            published,
            groups,
            hops,
            chain,
            below,
            remember,
            receipt,
        } = self;
        id.is_none()
            && key.is_none()
            && *attempt == 0
            && budget.is_none()
            && trace.is_none()
            && source.is_none()
            && context.is_empty()
            && !published
            && groups.is_empty()
            && *hops == 0
            && chain.is_empty()
            && below.is_none()
            && remember.is_none()
            && receipt.is_none()
    }
}
