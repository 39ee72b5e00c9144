//! Audit: hears every event, of types it does not know too, and remembers what led to it.

use std::sync::{Arc, Mutex, PoisonError};

use matchbus::prelude::*;

/// What happened; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Audit(Arc<Mutex<Vec<Heard>>>);

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// How many messages led to it.
    pub depth: u32,
    /// The event as it came.
    pub event: Value,
}

impl Audit {
    /// The events since the last time, those near to the first message first.
    pub fn take(&self) -> Vec<Heard> {
        let mut events = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // Observers run side by side; what reads this wants one order.
        events.sort_by_cached_key(|heard| (heard.depth, heard.event.to_string()));
        events
    }
}

/// Remembers any event.
#[observer(event = "*", effect(accept_duplicates))]
fn remember(event: Value, meta: Meta, audit: State<Audit>) {
    let heard = Heard { depth: meta.depth(), event };
    audit.0.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
}
