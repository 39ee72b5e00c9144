//! For the macros: how a handler's function is started. Each exists once per handler, so each is short.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Accepts, BoxFuture, IntoHeard, Output, Started};
use crate::message::Error;

pin_project! {
    /// The handler's future, and what is done with what it returns. Not an `async` block, which would hold the future
    /// twice, as what it was given and as what it awaits, and move it from here to there (measured: 10 ns for a message
    /// of 112 bytes).
    struct Work<'a, F, P> {
        #[pin]
        future: F,
        output: Option<Output<'a>>,
        put: PhantomData<fn(P)>,
    }
}

/// What is done with what a handler returns.
trait Put<T> {
    fn put(output: Output<'_>, returned: T);
}

/// It is the reply to an `M`.
struct Reply<M>(PhantomData<fn(M)>);

impl<M: Accepts<T>, T> Put<T> for Reply<M> {
    #[inline]
    fn put(output: Output<'_>, returned: T) {
        M::put(output, returned);
    }
}

/// It says whether it went well.
struct End;

impl<T: IntoHeard> Put<T> for End {
    #[inline]
    fn put(output: Output<'_>, returned: T) {
        output.heard(returned);
    }
}

impl<'a, F, P> Work<'a, F, P> {
    #[inline]
    fn new(output: Output<'a>, future: F) -> Self {
        Work { future, output: Some(output), put: PhantomData }
    }
}

impl<F: Future, P: Put<F::Output>> Future for Work<'_, F, P> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let returned = ready!(this.future.poll(context));
        if let Some(output) = this.output.take() {
            P::put(output, returned);
        }
        Poll::Ready(())
    }
}

/// An asynchronous service.
pub fn answer<'a, M, F>(output: Output<'a>, future: F) -> Started<'a>
where
    M: Accepts<F::Output> + 'a,
    F: Future + Send + 'a,
{
    boxed(Work::<F, Reply<M>>::new(output, future))
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
    boxed(Work::<F, End>::new(output, future))
}

/// A plain observer.
pub fn hear_now<T: IntoHeard>(output: Output<'_>, returned: T) -> Started<'_> {
    output.heard(returned);
    Ok(None)
}

/// A service of nothing but its message; the same as [`answer`] after a `?`, which the compiler takes long to understand
/// (measured: a twentieth of the check of a program with a thousand handlers).
pub fn serve<'a, M, H, F>(output: Output<'a>, message: Result<M, Error>, handler: H) -> Started<'a>
where
    M: Accepts<F::Output> + 'a,
    H: FnOnce(M) -> F,
    F: Future + Send + 'a,
{
    match message {
        Ok(message) => answer::<M, F>(output, handler(message)),
        Err(error) => Err(error),
    }
}

/// As [`serve`], for a plain service.
pub fn serve_now<M, H, T>(output: Output<'_>, message: Result<M, Error>, handler: H) -> Started<'_>
where
    M: Accepts<T>,
    H: FnOnce(M) -> T,
{
    match message {
        Ok(message) => answer_now::<M, T>(output, handler(message)),
        Err(error) => Err(error),
    }
}

/// A handler that borrows its message or its state, which live in the future.
#[inline]
pub fn boxed<'a>(future: impl Future<Output = ()> + Send + 'a) -> Started<'a> {
    let future: BoxFuture<'a, ()> = Box::pin(future);
    Ok(Some(future))
}

/// Asks of the user's own future that it is `Send`, so that the error is about it and not about what is round it.
pub fn sendable<F: Future + Send>(future: F) -> F {
    future
}
