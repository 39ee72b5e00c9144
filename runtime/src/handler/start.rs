//! For the macros: how a handler's function is started. Each exists once per handler, so each is short.

use std::future::Future;

use super::{Accepts, BoxFuture, IntoHeard, Output, Started};

/// An asynchronous service.
pub fn answer<'a, M, F>(output: Output<'a>, future: F) -> Started<'a>
where
    M: Accepts<F::Output>,
    F: Future + Send + 'a,
{
    boxed(async move { M::put(output, future.await) })
}

/// A plain service.
pub fn answer_now<M: Accepts<T>, T>(output: Output<'_>, returned: T) -> Started<'_> {
    M::put(output, returned);
    Ok(None)
}

/// An asynchronous observer.
pub fn hear<'a, F>(output: Output<'a>, future: F) -> Started<'a>
where
    F: Future<Output: IntoHeard> + Send + 'a,
{
    boxed(async move { output.heard(future.await) })
}

/// A plain observer.
pub fn hear_now<T: IntoHeard>(output: Output<'_>, returned: T) -> Started<'_> {
    output.heard(returned);
    Ok(None)
}

/// A handler that borrows its message or its state, which live in the future.
pub fn boxed<'a>(future: impl Future<Output = ()> + Send + 'a) -> Started<'a> {
    let future: BoxFuture<'a, ()> = Box::pin(future);
    Ok(Some(future))
}

/// Asks of the user's own future that it is `Send`, so that the error is about it and not about what is round it.
pub fn sendable<F: Future + Send>(future: F) -> F {
    future
}
