use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;

use super::{Context, FromContext, Need};
use crate::bus::{Core, Given, Origin, Reply, Target, or_default, say_more};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Message, Outcome};

/// What would have answered the message if this handler were not there (rule M6).
///
/// Keys of the message that its type does not know go along (rule M2).
///
/// That may be a handler of another process: of all that come after this one in the order of rule M3 the first one answers,
/// wherever it is, and of equals the one that is here. Of other processes what their catalogues say counts, and what routes
/// and `?pin=…` say. So a special case can be a process of its own, and an `overrides` too. The other process is told to look only
/// after this handler's pattern, so that a special case which is there as well is not had twice.
///
/// A peer that is no matchbus is not told that it may not send the message back: a Seneca, say, that has the special case
/// itself. Messages that go in a circle are stopped (see [`Builder::nesting`](crate::bus::Builder::nesting)). A listener of
/// another process that hides some handlers passes none of them over, since what is said of a message there is no proof.
///
/// What is handed on has the idempotency key of its message, and several that are handed on under it are no repeats of
/// each other. Over a wire that holds also for a key which is set on the `Prior` itself, since the other process cannot tell
/// the two apart; what is to be known as a repeat by such a key must be answered in this process.
///
/// An argument `Option<Prior<M>>` is `None` where nothing that is known, here or elsewhere, answers each message of this
/// handler's pattern.
pub struct Prior<M> {
    core: Arc<Core>,
    origin: Origin,
    current: u32,
    marker: PhantomData<fn(M)>,
}

impl<M> Prior<M> {
    fn with_origin(&self, origin: Origin) -> Self {
        Prior { core: Arc::clone(&self.core), origin, current: self.current, marker: PhantomData }
    }

    say_more!();
}

impl<M: Message> Prior<M> {
    /// Hands the message on and waits for the reply.
    ///
    /// # Errors
    ///
    /// As [`Bus::call`](crate::Bus::call).
    pub async fn call(&self, message: M) -> Reply<M> {
        let route = self.core.route_index::<M>();
        self.core.deliver(route, &self.origin, Some(self.current), Given(Some(message))).await
    }

    /// As [`Bus::call_or`](crate::Bus::call_or).
    ///
    /// # Errors
    ///
    /// As [`Bus::call_or`](crate::Bus::call_or).
    pub async fn call_or(&self, message: M, default: M::Reply) -> Result<M::Reply, M::Error> {
        or_default(self.call(message).await, default)
    }
}

impl Prior<Value> {
    /// Hands the message on and waits for the reply.
    ///
    /// # Errors
    ///
    /// As [`Bus::act`](crate::Bus::act).
    pub async fn call(&self, message: Value) -> Result<Value, CallError<ErrorReply>> {
        let invalid = |cause: serde_json::Error| {
            CallError::Bus(Error::new(ErrorKind::Invalid, Outcome::NotDone, format!("not JSON: {cause}")))
        };
        let bytes = serde_json::to_vec(&message).map_err(invalid)?;
        let target = Target::After(self.current);
        let reply = self.core.act_boxed(bytes, &self.origin, target).await?;
        serde_json::from_slice(&reply).map_err(invalid)
    }
}

impl<M> Clone for Prior<M> {
    fn clone(&self) -> Self {
        self.with_origin(self.origin.clone())
    }
}

impl<M> fmt::Debug for Prior<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prior").field("of", &self.core.handler(self.current).text).finish_non_exhaustive()
    }
}

impl<M: 'static> FromContext for Prior<M> {
    const NEEDS: &'static [Need] = &[Need::Prior { optional: false }];

    const OPTIONAL_NEEDS: &'static [Need] = &[Need::Prior { optional: true }];

    fn from_context(context: &Context<'_>) -> Result<Self, Error> {
        let origin = Origin::handing_on(context);
        let core = Arc::clone(context.core());
        Ok(Prior { core, origin, current: context.handler().flow, marker: PhantomData })
    }

    fn optional(context: &Context<'_>) -> Option<Self> {
        if context.core().has_prior(context.handler().flow) { Self::from_context(context).ok() } else { None }
    }
}
