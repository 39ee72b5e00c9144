use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What is known of an answer beside what it says. Give one to a handle by [`Bus::receipt`](crate::Bus::receipt), and
/// look at it when the call has ended.
///
/// ```
/// use matchbus::prelude::*;
/// use matchbus::Receipt;
///
/// #[derive(Message, Serialize, Deserialize)]
/// #[message(role = "pay", cmd = "charge", reply(u32))]
/// struct Charge { cents: u32 }
///
/// #[service(role = "pay", cmd = "charge", effect(dedup))]
/// fn charge(msg: Charge) -> u32 {
///     msg.cents
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = Bus::with(matchbus::services![charge])?.idempotency_key("order 7");
/// assert_eq!(bus.call(Charge { cents: 5 }).await?, 5);
/// let receipt = Receipt::new();
/// assert_eq!(bus.receipt(&receipt).call(Charge { cents: 5 }).await?, 5);
/// assert!(receipt.is_replayed());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Receipt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    replayed: AtomicBool,
    attempts: AtomicU32,
    hedged: AtomicBool,
}

impl Receipt {
    /// One of which nothing is known yet.
    pub fn new() -> Self {
        Receipt::default()
    }

    /// Whether the answer is the stored one of an earlier message with the same idempotency key (rule R7).
    pub fn is_replayed(&self) -> bool {
        self.0.replayed.load(Ordering::Relaxed)
    }

    /// How many copies of the message were sent to other processes; 0 if it was answered in this one.
    pub fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    /// Whether one of them was sent before another had failed, since that one was slow (rule R6).
    pub fn is_hedged(&self) -> bool {
        self.0.hedged.load(Ordering::Relaxed)
    }

    /// For transports: the answer says that it is a stored one.
    pub fn replayed(&self) {
        self.0.replayed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn attempt(&self) {
        self.0.attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// No copy left after all.
    pub(crate) fn no_attempt(&self) {
        self.0.attempts.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn hedged(&self) {
        self.0.hedged.store(true, Ordering::Relaxed);
    }
}

/// Two are equal if they are the same one.
impl PartialEq for Receipt {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Receipt {}
