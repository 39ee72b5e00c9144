//! The requests of one connection that did not end at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::handler::BoxFuture;
use crate::message::Receipt;
use crate::seam::task;
use crate::transport::tcp::answer::{Answer, To};

/// What the connection's task shares with those of its handlers.
#[derive(Default)]
pub(super) struct Running {
    state: Mutex<State>,
    /// There is something to write, or room for more.
    pub(super) changed: Notify,
}

#[derive(Default)]
struct State {
    calls: HashMap<u64, Call>,
    last: u64,
    out: Vec<u8>,
}

struct Call {
    /// With its quotes.
    id: Option<Box<str>>,
    abort: AbortHandle,
}

/// [`To`], for later.
pub(super) struct Return {
    id: Option<Box<str>>,
    origin: Option<Box<str>>,
    matchbus: bool,
    receipt: Option<Receipt>,
}

impl Return {
    pub(super) fn of(to: To<'_>) -> Self {
        Return {
            id: to.id.map(Into::into),
            origin: to.origin.map(Into::into),
            matchbus: to.matchbus,
            receipt: to.receipt.cloned(),
        }
    }

    pub(super) fn to(&self) -> To<'_> {
        To {
            id: self.id.as_deref(),
            origin: self.origin.as_deref(),
            matchbus: self.matchbus,
            receipt: self.receipt.as_ref(),
        }
    }
}

impl Running {
    /// A panic is caught before it comes here; should one not be, the state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `call` run on a task of its own, so that it may run beside others.
    pub(super) fn spawn(self: &Arc<Self>, call: BoxFuture<'static, Answer>, back: Return) {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        let (shared, id) = (Arc::clone(self), back.id.clone());
        // It cannot end before it is in the table: to leave it, it needs the lock that is held here.
        let abort = task::spawn_abortable(async move {
            let answer = call.await;
            let mut state = shared.state();
            if state.calls.remove(&number).is_some() {
                back.to().write(&mut state.out, &answer);
            }
            drop(state);
            shared.changed.notify_one();
        });
        state.calls.insert(number, Call { id, abort });
    }

    /// Nobody waits for the answer to `id` any more.
    pub(super) fn cancel(&self, id: &str) {
        let mut state = self.state();
        let found = state.calls.iter().find(|(_, call)| call.id.as_deref() == Some(id));
        let Some(number) = found.map(|(number, _)| *number) else { return };
        let call = state.calls.remove(&number);
        drop(state);
        if let Some(call) = call {
            call.abort.abort();
            self.changed.notify_one();
        }
    }

    /// Nobody waits for any of them.
    pub(super) fn cancel_all(&self) {
        // A task that is aborted drops what it has, and may do so here.
        let all = std::mem::take(&mut self.state().calls);
        for (_, call) in all {
            call.abort.abort();
        }
    }

    /// Hands out what the handlers' tasks wrote; how many still run.
    pub(super) fn take(&self, out: impl FnOnce(&mut Vec<u8>)) -> usize {
        let mut state = self.state();
        if !state.out.is_empty() {
            out(&mut state.out);
        }
        state.calls.len()
    }
}

/// Cancels all when its connection ends, however it ends.
pub(super) struct CancelAll(pub(super) Arc<Running>);

impl Drop for CancelAll {
    fn drop(&mut self) {
        self.0.cancel_all();
    }
}
