use std::any::TypeId;
use std::ops::Deref;
use std::sync::Arc;

use super::{Context, Need};
use crate::message::{Error, Message};

/// An argument of a handler other than its message.
///
/// `State`, `Call`, `Emit`, `Prior`, `Meta` and `Bus` are such arguments, and so is every type of yours that
/// implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "not an argument that matchbus can provide",
    note = "the first argument is the message; each other one is `State<T>`, `Call<M>`, `Emit<M>`, `Prior<M>`, `Meta`, `Bus`, an `Option` of these, or a type of yours that implements `matchbus::FromContext`",
    note = "did you mean `State<{Self}>`?"
)]
pub trait FromContext: Sized {
    /// What it needs, known before anything runs.
    const NEEDS: &'static [Need] = &[];

    /// Takes it out of the context.
    ///
    /// # Errors
    ///
    /// An error here ends the message before the handler runs: see [`Error::refused`].
    fn from_context(context: &Context<'_>) -> Result<Self, Error>;
}

/// A value that the process provides to its handlers, shared by all of them.
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

    fn from_context(_: &Context<'_>) -> Result<Self, Error> {
        todo!()
    }
}

macro_rules! stub {
    ($($name:ident),*) => { $(
        /// Stub.
        #[derive(Debug)]
        pub struct $name<M>(std::marker::PhantomData<M>);
        impl<M: Message> FromContext for $name<M> {
            const NEEDS: &'static [Need] = &[Need::Calls(&M::INFO)];
            fn from_context(_: &Context<'_>) -> Result<Self, Error> { todo!() }
        }
    )* };
}
stub!(Call, Emit, Prior);
macro_rules! stub0 {
    ($($name:ident),*) => { $(
        /// Stub.
        #[derive(Debug)]
        pub struct $name;
        impl FromContext for $name {
            fn from_context(_: &Context<'_>) -> Result<Self, Error> { todo!() }
        }
    )* };
}
stub0!(Meta, Bus);
impl<T: FromContext> FromContext for Option<T> {
    const NEEDS: &'static [Need] = T::NEEDS;
    fn from_context(_: &Context<'_>) -> Result<Self, Error> { todo!() }
}
