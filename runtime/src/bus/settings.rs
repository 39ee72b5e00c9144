use std::time::Duration;

use crate::message::json::Limits;
use crate::pattern::Compare;

/// What can be set of a bus; each with a default that is right for most.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// How long a message from the edge may take.
    pub(crate) budget: Duration,
    /// How deep handlers may call each other.
    pub(crate) most_nested: u32,
    /// How many messages wait in the queue of one handler.
    pub(crate) queue: usize,
    /// How many queued messages one handler works on at once, if it does not say.
    pub(crate) workers: u32,
    /// How long running handlers may take to end when the bus shuts down.
    pub(crate) drain: Duration,
    /// How many messages of one listener may be in flight.
    pub(crate) most_from_outside: usize,
    /// How long handlers remember keys that keep to the default.
    pub(crate) dedup_window: Option<Duration>,
    /// How many keys are remembered at most, and how many bytes.
    pub(crate) dedup_memory: (usize, usize),
    /// Whether slow reads are sent a second time.
    pub(crate) hedge_reads: bool,
    /// How values compare with patterns.
    pub(crate) compare: Compare,
    /// What bytes may be a message.
    pub(crate) limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            budget: Duration::from_secs(5),
            most_nested: 32,
            queue: 1024,
            workers: 64,
            drain: Duration::from_secs(10),
            most_from_outside: 4096,
            dedup_window: None,
            dedup_memory: (1_000_000, 128 << 20),
            hedge_reads: false,
            compare: Compare::Typed,
            limits: Limits::default(),
        }
    }
}
