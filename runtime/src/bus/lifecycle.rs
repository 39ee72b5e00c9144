use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Where the bus is between start and end.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    draining: Latch,
    unready: AtomicBool,
    joining: AtomicBool,
    ended: Notify,
    cut: Latch,
}

/// Something that comes once and stays.
#[derive(Debug, Default)]
struct Latch {
    set: AtomicBool,
    told: Notify,
}

impl Latch {
    #[inline]
    fn is_set(&self) -> bool {
        self.set.load(Ordering::Relaxed)
    }

    /// `false` if it was set already.
    fn set(&self) -> bool {
        let first = !self.set.swap(true, Ordering::SeqCst);
        self.told.notify_waiters();
        first
    }

    /// Waits until it is set.
    async fn wait(&self) {
        loop {
            let told = self.told.notified();
            if self.set.load(Ordering::SeqCst) {
                return;
            }
            told.await;
        }
    }
}

impl Lifecycle {
    /// Whether new messages from the edge are refused.
    #[inline]
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.is_set()
    }

    /// Refuses new messages from the edge from here on; `false` if that was so already.
    pub(crate) fn drain(&self) -> bool {
        self.draining.set()
    }

    /// Waits until messages from the edge are refused.
    pub(crate) async fn draining(&self) {
        self.draining.wait().await;
    }

    /// What has not ended by now is given up.
    pub(crate) fn cut_off(&self) {
        self.cut.set();
    }

    /// Waits until what has not ended is given up.
    pub(crate) async fn is_cut_off(&self) {
        self.cut.wait().await;
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
