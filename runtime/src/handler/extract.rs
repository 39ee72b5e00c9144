use super::{Context, Need};
use crate::message::{Error, Meta};

/// An argument of a handler other than its message.
///
/// `State`, `Call`, `Emit`, `Prior`, `Meta` and `Bus` are such arguments, and so is every type of yours that
/// implements this trait.
///
/// ```
/// use matchbus::prelude::*;
/// use matchbus::handler::Context;
///
/// /// The tenant a message is for; without one it is refused.
/// struct Tenant(String);
///
/// impl FromContext for Tenant {
///     fn from_context(context: &Context<'_>) -> Result<Self, matchbus::Error> {
///         let tenant = context.meta().context("tenant");
///         tenant.map(|t| Tenant(t.to_owned())).ok_or_else(|| matchbus::Error::refused("no tenant"))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "not an argument that matchbus can provide",
    note = "the first argument is the message; each other one is `State<T>`, `Call<M>`, `Emit<M>`, `Prior<M>`, `Meta`, `Bus`, an `Option` of these, or a type of yours that implements `matchbus::FromContext`",
    note = "did you mean `State<{Self}>`?"
)]
pub trait FromContext: Sized {
    /// What it needs, known before anything runs.
    const NEEDS: &'static [Need] = &[];

    /// What a handler needs that takes an `Option` of it.
    const OPTIONAL_NEEDS: &'static [Need] = &[];

    /// Takes it out of the context.
    ///
    /// # Errors
    ///
    /// An error here ends the message before the handler runs: see [`Error::refused`].
    fn from_context(context: &Context<'_>) -> Result<Self, Error>;

    /// As [`from_context`](FromContext::from_context), for a handler that takes an `Option` of it.
    fn optional(context: &Context<'_>) -> Option<Self> {
        Self::from_context(context).ok()
    }
}

impl FromContext for Meta {
    fn from_context(context: &Context<'_>) -> Result<Self, Error> {
        Ok(context.meta().clone())
    }
}

/// `None` where there is nothing: a state that was not given, a call that nobody answers, a prior that is not there, or
/// a type of yours that refuses.
impl<T: FromContext> FromContext for Option<T> {
    const NEEDS: &'static [Need] = T::OPTIONAL_NEEDS;

    fn from_context(context: &Context<'_>) -> Result<Self, Error> {
        Ok(T::optional(context))
    }
}
