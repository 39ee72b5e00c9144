use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

/// What the handlers of one process did, and the gate that some of them wait at.
#[derive(Debug)]
pub struct Seen {
    /// The process's name.
    pub name: String,
    events: Mutex<Vec<String>>,
    more: Notify,
    gate: Semaphore,
}

impl Seen {
    pub(crate) fn new(name: String) -> Self {
        Seen { name, events: Mutex::default(), more: Notify::new(), gate: Semaphore::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened.
    pub fn note(&self, event: impl Into<String>) {
        self.lock().push(event.into());
        self.more.notify_waiters();
    }

    /// All that happened and begins with this.
    pub fn all(&self, begin: &str) -> Vec<String> {
        self.lock().iter().filter(|event| event.starts_with(begin)).cloned().collect()
    }

    /// How often it happened.
    pub fn count(&self, begin: &str) -> usize {
        self.all(begin).len()
    }

    /// Waits until it happened `times` times.
    pub async fn until(&self, begin: &str, times: usize) {
        loop {
            let more = self.more.notified();
            if self.count(begin) >= times {
                return;
            }
            more.await;
        }
    }

    /// Lets so many of those go on that wait at the gate.
    pub fn open(&self, many: usize) {
        self.gate.add_permits(many);
    }

    /// Waits at the gate.
    pub async fn pass(&self) {
        // It is never closed.
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
    }
}
