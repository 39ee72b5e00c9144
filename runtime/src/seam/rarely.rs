//! What is seldom to be told, beside what often is.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;

pin_project! {
    /// A future that is polled only after it was woken itself: a task that waits for its end beside a busy connection would
    /// otherwise poll it, and take the locks of what it waits for, with every message.
    pub(crate) struct Rarely<F> {
        #[pin]
        future: F,
        bell: Arc<Bell>,
        // Of the bell.
        waker: Waker,
        // Of the task.
        task: Option<Waker>,
    }
}

#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl<F> Rarely<F> {
    pub(crate) fn new(future: F) -> Self {
        let bell = Arc::new(Bell { rung: AtomicBool::new(true), task: Mutex::default() });
        Rarely { future, waker: Arc::clone(&bell).into(), bell, task: None }
    }
}

impl<F: Future> Future for Rarely<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let it = self.project();
        if it.task.as_ref().is_none_or(|task| !task.will_wake(context.waker())) {
            *it.task = Some(context.waker().clone());
            it.bell.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(it.task);
        }
        if !it.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let polled = it.future.poll(&mut Context::from_waker(it.waker));
        if polled.is_ready() {
            // Some futures have more to say.
            it.bell.rung.store(true, Ordering::Release);
        }
        polled
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[tokio::test]
    async fn it_is_polled_when_it_was_woken_and_not_otherwise() {
        let (polls, (tell, told)) = (AtomicUsize::new(0), tokio::sync::oneshot::channel());
        let mut told = pin!(told);
        let mut rarely = pin!(Rarely::new(poll_fn(|context| {
            polls.fetch_add(1, Ordering::Relaxed);
            told.as_mut().poll(context)
        })));
        for _ in 0..5 {
            assert!(poll_fn(|context| Poll::Ready(rarely.as_mut().poll(context))).await.is_pending());
        }
        assert_eq!(polls.load(Ordering::Relaxed), 1);
        tell.send(7).unwrap();
        assert_eq!(rarely.await, Ok(7));
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    }
}
