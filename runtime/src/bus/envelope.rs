use std::mem::ManuallyDrop;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::origin::Origin;
use crate::list::List;
use crate::message::{Id, Meta, Receipt, Text, TraceParent};
use crate::router::Below;
use crate::seam::clock::{self, Instant};
use crate::sort::gather;
use crate::transport::Head;

/// How many patterns of a chain go to another process. The guard against circles counts; the names are for people.
const LONGEST_CHAIN: usize = 32;

/// What goes along with one message while it is on its way; made anew for each one, on the caller's stack.
///
/// Everything here that costs something (an id, a look at the clock) is made when it is asked for: a call that
/// ends at once pays for none of it.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) origin: &'a Origin,
    /// It waited in a queue: let in already, and with a time of its own, since whoever sent it does not wait.
    pub(crate) queued: bool,
    id: Lazy<Id>,
    deadline: Lazy<Instant>,
}

/// Of a type without a destructor, so that at its end nobody asks whether it was made.
type Lazy<T> = ManuallyDrop<OnceLock<T>>;

impl<'a> Envelope<'a> {
    #[inline]
    pub(crate) fn new(origin: &'a Origin) -> Self {
        Envelope {
            origin,
            queued: false,
            id: Lazy::new(OnceLock::new()),
            deadline: Lazy::new(OnceLock::new()),
        }
    }

    /// One whose id and time are known.
    pub(crate) fn again(origin: &'a Origin, id: Id, deadline: Instant) -> Self {
        Envelope { origin, queued: false, id: Lazy::new(id.into()), deadline: Lazy::new(deadline.into()) }
    }

    /// The message's id.
    pub(crate) fn id(&self) -> Id {
        let given = || self.origin.rare.as_ref().and_then(|rare| rare.id);
        *self.id.get_or_init(|| given().unwrap_or_else(Id::generate))
    }

    /// When the message's time is up: its own budget, but never more than what is left to its parent (rule R4).
    ///
    /// The clock starts when the first one asks, which is before the handler first waits for anything.
    pub(crate) fn deadline(&self, default_budget: Duration) -> Instant {
        self.deadline_from(clock::now, default_budget)
    }

    /// As [`deadline`](Envelope::deadline), for those who have looked at the clock.
    pub(crate) fn deadline_from(&self, now: impl Fn() -> Instant, default_budget: Duration) -> Instant {
        *self.deadline.get_or_init(|| {
            let own = self.origin.rare.as_ref().and_then(|rare| rare.budget);
            let parent = self.origin.parent.as_ref().filter(|_| !self.queued).and_then(Meta::deadline);
            match (own, parent) {
                (None, Some(parent)) => parent,
                (Some(own), Some(parent)) => parent.min(now() + own),
                (own, None) => now() + own.unwrap_or(default_budget),
            }
        })
    }

    /// How many messages led to this one, in this process and in others.
    pub(crate) fn depth(&self) -> u32 {
        match &self.origin.parent {
            Some(parent) => parent.depth() + 1,
            None => self.origin.rare.as_ref().map_or(0, |rare| rare.hops),
        }
    }

    /// The key by which a repeat of this message is known: the one that was set, or else the id that came with it. `None`
    /// for a message that cannot come again, since nobody else knows its id, and for one that is handed on under the key of
    /// another.
    pub(crate) fn repeat_key(&self) -> Option<Arc<str>> {
        let rare = self.origin.rare.as_ref()?;
        let id = || rare.id.filter(|_| rare.handed_key.is_none());
        rare.key.clone().or_else(|| Some(id()?.to_string().into()))
    }

    /// The key of the message that is handed on by this one.
    pub(crate) fn handed_key(&self) -> Option<Arc<str>> {
        self.origin.rare.as_ref()?.handed_key.clone()
    }

    /// How long the answer is to be remembered whatever the handler declares.
    #[inline]
    pub(crate) fn remember(&self) -> Option<Duration> {
        self.origin.rare.as_ref()?.remember
    }

    /// The handler after which it is to be answered.
    pub(crate) fn below(&self) -> Option<&Arc<Below>> {
        self.origin.rare.as_ref()?.below.as_ref()
    }

    /// Where the caller wants to know how it was answered.
    pub(crate) fn receipt(&self) -> Option<&Receipt> {
        self.origin.rare.as_ref()?.receipt.as_ref()
    }

    /// The same message, for a run that may outlive its caller.
    pub(crate) fn carried(&self) -> Carried {
        Carried {
            origin: self.origin.clone(),
            queued: self.queued,
            id: self.id.clone(),
            deadline: self.deadline.clone(),
        }
    }

    /// The meta data as the handler sees it.
    pub(crate) fn meta(&self, pattern: &Text, default_budget: Duration) -> Meta {
        let id = OnceLock::new();
        if let Some(known) = self.id.get() {
            let _ = id.set(*known);
        }
        let Origin { parent, rare, .. } = self.origin;
        Meta::new(parent.clone(), pattern.clone(), Some(self.deadline(default_budget)), rare.clone(), id)
    }

    /// What goes beside the message to another process, with `left` of its time.
    pub(crate) fn head(&self, attempt: u32, left: Duration) -> Head {
        // Made here, so that every attempt has the same.
        let id = self.id();
        let rare = self.origin.rare.as_deref();
        let key = rare.and_then(|rare| rare.key.clone().or_else(|| rare.handed_key.clone()));
        let below = self.below().map(|below| below.to_string().into());
        let head = Head { id: Some(id), key, attempt, budget: Some(left), below, ..Head::default() };
        if self.origin.parent.is_some() {
            return self.head_of_nested(head);
        }
        let came = rare.and_then(|rare| rare.trace);
        Head {
            trace: Some(came.map_or_else(|| TraceParent::of_first(id), |came| came.at(id))),
            context: rare.map(|rare| rare.context.clone()).unwrap_or_default(),
            hops: self.depth(),
            chain: self.chain(),
            receipt: self.receipt().cloned(),
            ..head
        }
    }

    fn head_of_nested(&self, head: Head) -> Head {
        // Nothing of it depends on the deadline.
        let meta = self.meta(&Text::Static(""), Duration::ZERO);
        Head {
            trace: Some(meta.traceparent()),
            context: gather(meta.contexts().into_iter().map(|(key, value)| (key.into(), value.into()))),
            hops: self.depth(),
            chain: self.chain(),
            receipt: self.receipt().cloned(),
            ..head
        }
    }

    /// The patterns that led to this message, the last ones if there are many.
    pub(crate) fn chain(&self) -> Vec<Arc<str>> {
        let Some(parent) = &self.origin.parent else {
            return self.origin.rare.as_ref().map(|rare| rare.chain.clone()).unwrap_or_default();
        };
        let chain = parent.chain();
        let from = chain.len().saturating_sub(LONGEST_CHAIN);
        chain[from..].iter().map(|pattern| (*pattern).into()).list()
    }
}

/// What an [`Envelope`] is made of, owned.
pub(crate) struct Carried {
    origin: Origin,
    queued: bool,
    id: Lazy<Id>,
    deadline: Lazy<Instant>,
}

impl Carried {
    pub(crate) fn envelope(&self) -> Envelope<'_> {
        Envelope {
            origin: &self.origin,
            queued: self.queued,
            id: self.id.clone(),
            deadline: self.deadline.clone(),
        }
    }
}
