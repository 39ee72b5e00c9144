use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::message::{Error, ErrorKind, Outcome};

/// How many messages may be in a handler at once, and how many may wait for a place: both are bounded (rule
/// R17).
#[derive(Debug)]
pub(crate) struct Limit {
    /// Shared, since a handler may outlive who called it, and keeps its place.
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    size: u32,
}

impl Limit {
    pub(crate) fn new(size: u32, most_waiting: usize) -> Self {
        let places = Arc::new(Semaphore::new(size as usize));
        Limit { places, waiting: AtomicUsize::new(0), most_waiting, size }
    }

    /// Takes a place, waiting for one if there is room to wait. The caller's deadline bounds the wait.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(permit);
        }
        let waiting = Waiting::join(self)?;
        let permit = Arc::clone(&self.places).acquire_owned().await;
        drop(waiting);
        // The semaphore is never closed; if it were, refusing is right.
        permit.map_err(|_| overloaded(self))
    }
}

/// One message in the queue before a handler; leaves it when dropped, also when the caller goes away.
struct Waiting<'a>(&'a Limit);

impl<'a> Waiting<'a> {
    fn join(limit: &'a Limit) -> Result<Self, Error> {
        if limit.waiting.fetch_add(1, Ordering::Relaxed) >= limit.most_waiting {
            limit.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(overloaded(limit));
        }
        Ok(Waiting(limit))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cold]
fn overloaded(limit: &Limit) -> Error {
    Error::new(
        ErrorKind::Overloaded,
        Outcome::NotDone,
        format!(
            "the handler is full: {} messages are in it and {} wait; try again later, or raise `concurrency(…)`",
            limit.size, limit.most_waiting
        ),
    )
}
