use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Where the bus is between start and end.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    draining: AtomicBool,
    drained: Notify,
    unready: AtomicBool,
    joining: AtomicBool,
    ended: Notify,
    cut: AtomicBool,
    cut_off: Notify,
}

impl Lifecycle {
    /// Whether new messages from the edge are refused.
    #[inline]
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Refuses new messages from the edge from here on; `false` if that was so already.
    pub(crate) fn drain(&self) -> bool {
        let first = !self.draining.swap(true, Ordering::SeqCst);
        self.drained.notify_waiters();
        first
    }

    /// Waits until messages from the edge are refused.
    pub(crate) async fn draining(&self) {
        loop {
            let drained = self.drained.notified();
            if self.draining.load(Ordering::SeqCst) {
                return;
            }
            drained.await;
        }
    }

    /// What has not ended by now is given up.
    pub(crate) fn cut_off(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.cut_off.notify_waiters();
    }

    /// Waits until what has not ended is given up.
    pub(crate) async fn is_cut_off(&self) {
        loop {
            let cut = self.cut_off.notified();
            if self.cut.load(Ordering::SeqCst) {
                return;
            }
            cut.await;
        }
    }

    /// A message ended while the bus drains.
    #[cold]
    pub(crate) fn message_ended(&self) {
        self.ended.notify_waiters();
    }

    /// Waits for the next message that ends while the bus drains: from now on, not from when it is first polled.
    pub(crate) fn next_end(&self) -> Notified<'_> {
        self.ended.notified()
    }

    /// Whether the process should be sent messages: not while draining, not while its threads hang, and not
    /// before it has heard of the others.
    pub(crate) fn is_ready(&self) -> bool {
        !self.is_draining() && !self.unready.load(Ordering::Relaxed) && !self.joining.load(Ordering::Relaxed)
    }

    /// Whether the process is getting to know the others.
    pub(crate) fn set_joining(&self, joining: bool) {
        self.joining.store(joining, Ordering::Relaxed);
    }

    /// For the watchdog.
    pub(crate) fn set_ready(&self, ready: bool) {
        self.unready.store(!ready, Ordering::Relaxed);
    }
}
