use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Context, FromContext, Need};
use crate::bus::{Core, Origin, Published, Sent, say_more};
use crate::message::{Error, Message, Result};

/// A declared output: the handler publishes or sends messages of type `M`.
///
/// What follows from an emitted message has a time of its own; context and trace are carried on.
pub struct Emit<M> {
    core: Arc<Core>,
    origin: Origin,
    marker: PhantomData<fn(M)>,
}

impl<M: Message> Emit<M> {
    fn with_origin(&self, origin: Origin) -> Self {
        Emit { core: Arc::clone(&self.core), origin, marker: PhantomData }
    }

    say_more!();

    /// Gives a copy to one observer of every group that wants it.
    ///
    /// # Errors
    ///
    /// As [`Bus::publish`](crate::Bus::publish).
    pub async fn publish(&self, message: M) -> Result<Published> {
        self.core.publish(&self.origin.sending::<M>(), message).await
    }

    /// Gives it to the one handler that answers it, and does not wait for the reply.
    ///
    /// # Errors
    ///
    /// As [`Bus::send`](crate::Bus::send).
    pub async fn send(&self, message: M) -> Result<Sent> {
        self.core.send(&self.origin.sending::<M>(), self.core.route_index::<M>(), message).await
    }
}

impl<M> Clone for Emit<M> {
    fn clone(&self) -> Self {
        Emit { core: Arc::clone(&self.core), origin: self.origin.clone(), marker: PhantomData }
    }
}

impl<M: Message> fmt::Debug for Emit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emit").field("pattern", &M::INFO.pattern.text).finish_non_exhaustive()
    }
}

impl<M: Message> FromContext for Emit<M> {
    const NEEDS: &'static [Need] = &[Need::Emits(&M::INFO)];

    fn from_context(context: &Context<'_>) -> std::result::Result<Self, Error> {
        let origin = Origin::of(context);
        Ok(Emit { core: Arc::clone(context.core()), origin, marker: PhantomData })
    }
}
