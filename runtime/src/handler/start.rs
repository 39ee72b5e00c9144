//! For the macros: how a handler's function is started. Each exists once per handler, so each is short.

use std::future::Future;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Accepts, Incoming, IntoHeard, Output, Shim, Started, Stopped, Work};

pin_project! {
    /// The handler's future, and what is done with what it returns. Not an `async` block, which would hold the future
    /// twice, as what it was given and as what it awaits, and move it from here to there (measured: 10 ns for a message
    /// of 112 bytes).
    struct Returning<F, P> {
        #[pin]
        future: F,
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

impl<F: Future + Send, P: Put<F::Output>> Work for Returning<F, P> {
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>, output: Output<'_>) -> Poll<()> {
        let returned = ready!(self.project().future.poll(context));
        P::put(output, returned);
        Poll::Ready(())
    }
}

/// An asynchronous service.
pub fn answer<'a, M, F>(future: F) -> Started<'a>
where
    M: Accepts<F::Output> + 'a,
    F: Future + Send + 'a,
{
    Ok(Box::pin(Returning::<F, Reply<M>> { future, put: PhantomData }))
}

/// A plain service.
pub fn answer_now<M: Accepts<T>, T>(output: Output<'_>, returned: T) -> Started<'static> {
    M::put(output, returned);
    Err(Stopped::ENDED)
}

/// An asynchronous observer.
pub fn hear<'a, F>(future: F) -> Started<'a>
where
    F: Future<Output: IntoHeard> + Send + 'a,
{
    Ok(Box::pin(Returning::<F, End> { future, put: PhantomData }))
}

/// A plain observer.
pub fn hear_now<T: IntoHeard>(output: Output<'_>, returned: T) -> Started<'static> {
    output.heard(returned);
    Err(Stopped::ENDED)
}

/// The shim of an asynchronous service of nothing but its message, as most are: with no closure written for it, which the
/// compiler would read for each (measured with a thousand handlers: a seventh of their check, a fifth of their release build;
/// the function behind a `&'static dyn`, without `unsafe`, saves a twentieth of the check).
pub const fn serve<M, H, F>(_: H) -> Shim
where
    M: Accepts<F::Output> + Incoming,
    H: Fn(M) -> F + Copy + 'static,
    F: Future + Send + 'static,
{
    |_, input, _| match M::take(input) {
        Ok(message) => {
            // SAFETY: one was given above.
            #[allow(unsafe_code, reason = "see `item`")]
            let function = unsafe { item::<H>() };
            // The box first, so that the future is made in it and not moved into it.
            let place: Box<MaybeUninit<Returning<F, Reply<M>>>> = Box::new_uninit();
            let work = Box::write(place, Returning { future: function(message), put: PhantomData });
            Ok(Box::into_pin(work))
        }
        Err(error) => Err(error.into()),
    }
}

/// As [`serve`], for a plain service.
pub const fn serve_now<M, H, T>(_: H) -> Shim
where
    M: Accepts<T> + Incoming,
    H: Fn(M) -> T + Copy + 'static,
{
    |_, input, output| match M::take(input) {
        Ok(message) => {
            // SAFETY: one was given above.
            #[allow(unsafe_code, reason = "see `item`")]
            let function = unsafe { item::<H>() };
            answer_now::<M, T>(output, function(message))
        }
        Err(error) => Err(error.into()),
    }
}

/// A function out of its type, which is all that it is. What is no function but a pointer to one does not compile.
///
/// # Safety
///
/// Somebody has an `H`.
#[allow(unsafe_code, reason = "measured; see `serve`")]
unsafe fn item<H: Copy + 'static>() -> H {
    const { assert!(size_of::<H>() == 0, "a pointer to a function is no function; name the function itself") };
    // SAFETY: to read no bytes, any aligned pointer will do; somebody has one, and it may be copied for as long as the program runs.
    unsafe { NonNull::<H>::dangling().read() }
}

/// Asks of the user's own future that it is `Send`, so that the error is about it and not about what is round it.
pub fn sendable<F: Future + Send>(future: F) -> F {
    future
}
