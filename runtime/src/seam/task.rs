//! Tasks: the only place that spawns.

use std::future::Future;
use std::pin::Pin;

use tokio::runtime::Handle;

/// A future of which only its end is of interest. Boxed, since all that tokio has for a task is compiled for each type of
/// future, and for both of its runtimes.
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs `future` beside the caller, on the runtime the caller is on.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    spawn_on(&Handle::current(), Box::pin(future));
}

/// Whether [`spawn`] can be called here.
pub(crate) fn can_spawn() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// As [`spawn`], where there is a runtime: for what is left when something is dropped.
pub(crate) fn spawn_if_possible(future: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        spawn_on(&runtime, Box::pin(future));
    }
}

/// As [`spawn`], with a handle that ends it.
#[cfg(feature = "tcp")]
pub(crate) fn spawn_abortable(future: impl Future<Output = ()> + Send + 'static) -> tokio::task::AbortHandle {
    tokio::spawn(future).abort_handle()
}

/// Tasks that end at the latest when this is dropped.
#[cfg(feature = "tcp")]
#[derive(Debug, Default)]
pub(crate) struct Tasks(tokio::task::JoinSet<()>);

#[cfg(feature = "tcp")]
impl Tasks {
    /// As [`spawn`].
    pub(crate) fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future);
    }

    /// How many have not ended, or were not [seen](Tasks::one_ended) to.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Waits until one has ended; `false` if there is none.
    pub(crate) async fn one_ended(&mut self) -> bool {
        self.0.join_next().await.is_some()
    }
}

/// Lets the tasks run that are ready, and then goes on.
#[cfg(any(feature = "http", feature = "tcp"))]
pub(crate) async fn give_way() {
    tokio::task::yield_now().await;
}

/// The runtime that somebody is on, for who looks at it from outside.
#[derive(Clone, Debug)]
pub(crate) struct Runtime(Handle);

impl Runtime {
    /// That of the caller.
    pub(crate) fn current() -> Self {
        Runtime(Handle::current())
    }

    /// Whether one of its threads is parked, so that it would wake for whatever comes.
    pub(crate) fn rests(&self) -> bool {
        let metrics = self.0.metrics();
        // Parking counts, and so does its end.
        (0..metrics.num_workers()).any(|worker| metrics.worker_park_unpark_count(worker) % 2 == 1)
    }

    /// Runs `future` on it.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        spawn_on(&self.0, Box::pin(future));
    }
}

fn spawn_on(runtime: &Handle, task: Task) {
    drop(runtime.spawn(task));
}
