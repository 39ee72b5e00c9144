use std::any::TypeId;
use std::ops::Deref;
use std::sync::Arc;

use super::{Context, FromContext, Need};
use crate::message::Error;

/// A value that the process provides to its handlers, shared by all of them.
///
/// It is given to the bus once, by [`Builder::state`](crate::bus::Builder::state); a bus whose handlers need a
/// state that nobody gave does not start.
#[derive(Debug)]
pub struct State<T: ?Sized>(pub(crate) Arc<T>);

impl<T: ?Sized> Clone for State<T> {
    fn clone(&self) -> Self {
        State(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync + 'static> FromContext for State<T> {
    const NEEDS: &'static [Need] =
        &[Need::State { id: TypeId::of::<T>(), name: std::any::type_name::<T>, optional: false }];

    const OPTIONAL_NEEDS: &'static [Need] =
        &[Need::State { id: TypeId::of::<T>(), name: std::any::type_name::<T>, optional: true }];

    fn from_context(context: &Context<'_>) -> Result<Self, Error> {
        // The start of the bus made sure that it is there.
        context.state().ok_or_else(|| {
            Error::refused(format!("no state of type `{}` was given to the bus", std::any::type_name::<T>()))
        })
    }

    fn optional(context: &Context<'_>) -> Option<Self> {
        context.state()
    }
}
