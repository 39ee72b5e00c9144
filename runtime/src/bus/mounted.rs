use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::dedup::Dedup;
use super::envelope::Envelope;
use super::layer::Layers;
use super::limit::Limit;
use super::queue::Queue;
use crate::handler::{Context, Input, Need, Output, Shim, Started};
use crate::message::{MessageInfo, Text};
use crate::pattern::Pattern;
use crate::registry::{Info, Kind};

/// One handler under one of its patterns, in one bus.
#[derive(Debug)]
pub(crate) struct Mounted {
    pub(crate) kind: Kind,
    pub(crate) pattern: Pattern,
    pub(crate) text: Text,
    pub(crate) rank: i32,
    pub(crate) call: Handler,
    pub(crate) about: About,
    pub(crate) flow: u32,
    pub(crate) limit: Option<Box<Limit>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) layers: Option<Layers>,
    /// Its repeats are answered from memory.
    pub(crate) dedup: Option<Dedup>,
    /// Nothing stands between the bus and the handler: no limit, no dedup, no layer, also none at the edge.
    pub(crate) plain: bool,
    /// The handler with the equal pattern that this one replaced.
    pub(crate) replaced: Option<u32>,
    pub(crate) queue: Queue,
    /// Whether some other process answers a pattern that can win over this one; see `remote/rivals.rs`.
    pub(crate) rivals: AtomicBool,
}

impl Mounted {
    /// Whether nothing stands between the bus and the handler, for this message as for others.
    #[inline]
    pub(crate) fn is_plain(&self, envelope: &Envelope<'_>) -> bool {
        self.plain && envelope.remember().is_none()
    }

    /// Whether it stands before the handlers with the equal pattern, of other processes too (rule M6).
    pub(crate) fn overrides(&self) -> bool {
        self.about.info().is_some_and(|info| info.overrides)
    }

    /// Service and name, as layers are told them.
    pub(crate) fn names(&self) -> (Text, Text) {
        (self.about.service().to_owned().into(), self.about.name().to_owned().into())
    }
}

/// The handler itself.
#[derive(Clone)]
pub(crate) enum Handler {
    /// An annotated function.
    Function(Shim),
    /// A closure, given to the builder or the test kit.
    Closure(Arc<Closure>),
}

/// The shape of a closure that the bus can call.
pub(crate) type Closure =
    dyn for<'a> Fn(&Context<'_>, Input<'_, 'a>, Output<'_>) -> Started<'a> + Send + Sync;

impl Handler {
    #[inline]
    pub(crate) fn start<'a>(
        &self,
        context: &Context<'_>,
        input: Input<'_, 'a>,
        output: Output<'_>,
    ) -> Started<'a> {
        match self {
            Handler::Function(shim) => shim(context, input, output),
            Handler::Closure(closure) => closure(context, input, output),
        }
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Handler::Function(_) => "Function",
            Handler::Closure(_) => "Closure",
        })
    }
}

/// What is known of a handler beside its pattern.
#[derive(Clone, Debug)]
pub(crate) enum About {
    /// An annotated function.
    Function(&'static Info),
    /// A closure for a message type, or for any JSON.
    Closure { service: Text, message: Option<&'static MessageInfo> },
}

impl About {
    pub(crate) fn info(&self) -> Option<&'static Info> {
        match self {
            About::Function(info) => Some(info),
            About::Closure { .. } => None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.info().map_or("closure", |info| info.name)
    }

    pub(crate) fn service(&self) -> &str {
        match self {
            About::Function(info) => info.service(),
            About::Closure { service, .. } => service,
        }
    }

    pub(crate) fn message(&self) -> Option<&'static MessageInfo> {
        match self {
            About::Function(info) => info.message,
            About::Closure { message, .. } => *message,
        }
    }

    pub(crate) fn by_ref(&self) -> bool {
        self.info().is_some_and(|info| info.by_ref)
    }

    pub(crate) fn needs(&self) -> Vec<&'static Need> {
        self.info().map(Info::needs).unwrap_or_default()
    }
}
