use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Context, FromContext, Need};
use crate::bus::{Bus, Core, Given, Lent, Origin, Reply, or_default, say_more};
use crate::message::{Error, Message};

/// A declared output: the handler calls messages of type `M`.
///
/// That it stands in the signature makes the flow graph known before anything runs, and the start checks that
/// somebody answers. A call through it carries context, deadline and trace of the message being handled.
pub struct Call<M> {
    core: Arc<Core>,
    origin: Origin,
    route: Option<u32>,
    marker: PhantomData<fn(M)>,
}

impl<M: Message> Call<M> {
    pub(crate) fn new(core: Arc<Core>, origin: Origin) -> Self {
        let route = core.route_index::<M>();
        Call { core, origin, route, marker: PhantomData }
    }

    fn with_origin(&self, origin: Origin) -> Self {
        Call { core: Arc::clone(&self.core), origin, route: self.route, marker: PhantomData }
    }

    say_more!();

    /// Calls the one handler that answers `message` and waits for its reply.
    ///
    /// # Errors
    ///
    /// As [`Bus::call`].
    #[inline]
    pub fn call(&self, message: M) -> impl Future<Output = Reply<M>> + Send {
        self.core.deliver(self.route, &self.origin, None, Given(Some(message)))
    }

    /// As [`call`](Call::call), with a message that the caller keeps: nothing is copied if the handler takes it by
    /// reference, and it is cloned if not.
    ///
    /// # Errors
    ///
    /// As [`Bus::call`].
    #[inline]
    pub fn call_ref<'a>(&'a self, message: &'a M) -> impl Future<Output = Reply<M>> + Send + 'a
    where
        M: Clone,
    {
        self.core.deliver(self.route, &self.origin, None, Lent(message))
    }

    /// As [`Bus::call_or`].
    ///
    /// # Errors
    ///
    /// As [`Bus::call_or`].
    pub async fn call_or(&self, message: M, default: M::Reply) -> Result<M::Reply, M::Error> {
        or_default(self.call(message).await, default)
    }
}

impl Bus {
    /// Works out the route of `M`'s messages once, for callers that send many.
    pub fn prepare<M: Message>(&self) -> Call<M> {
        Call::new(Arc::clone(self.core()), self.origin().clone())
    }
}

impl<M> Clone for Call<M> {
    fn clone(&self) -> Self {
        Call {
            core: Arc::clone(&self.core),
            origin: self.origin.clone(),
            route: self.route,
            marker: PhantomData,
        }
    }
}

impl<M: Message> fmt::Debug for Call<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("pattern", &M::INFO.pattern.text).finish_non_exhaustive()
    }
}

impl<M: Message> FromContext for Call<M> {
    const NEEDS: &'static [Need] = &[Need::Calls(&M::INFO)];

    fn from_context(context: &Context<'_>) -> Result<Self, Error> {
        Ok(Call::new(Arc::clone(context.core()), Origin::of(context)))
    }

    fn optional(context: &Context<'_>) -> Option<Self> {
        let answered = context.core().can_answer(&M::INFO);
        answered.then(|| Call::new(Arc::clone(context.core()), Origin::of(context)))
    }
}
