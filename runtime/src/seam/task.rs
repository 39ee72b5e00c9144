//! Tasks: the only place that spawns.

use std::future::Future;

use tokio::task::JoinHandle;

/// Runs `future` beside the caller, on the runtime the caller is on.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(future));
}

/// Whether [`spawn`] can be called here.
pub(crate) fn can_spawn() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// As [`spawn`], where there is a runtime: for what is left when something is dropped.
pub(crate) fn spawn_if_possible(future: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(runtime.spawn(future));
    }
}

/// As [`spawn`], with a handle that waits for what it gives.
pub(crate) fn spawn_joined<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(future)
}

/// As [`spawn`], with a handle that ends it.
#[cfg(feature = "tcp")]
pub(crate) fn spawn_abortable(future: impl Future<Output = ()> + Send + 'static) -> tokio::task::AbortHandle {
    tokio::spawn(future).abort_handle()
}

/// Lets the tasks run that are ready, and then goes on.
#[cfg(feature = "tcp")]
pub(crate) async fn give_way() {
    tokio::task::yield_now().await;
}
