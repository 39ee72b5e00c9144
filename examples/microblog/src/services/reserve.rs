//! Reservations: keys that one at a time may have, for a short time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use matchbus::prelude::*;
use tokio::time::Instant;

use crate::contracts::{GiveBack, IsReserved, Reservations, Reserve, Reserved};

/// How long a reservation lives that nobody gives back.
pub const EXPIRES: Duration = Duration::from_millis(1_111);

/// The reserved keys, and when each lapses.
#[derive(Debug)]
pub struct Keys {
    until: Mutex<BTreeMap<String, Instant>>,
    expires: Duration,
}

impl Default for Keys {
    fn default() -> Self {
        Keys::new(EXPIRES)
    }
}

impl Keys {
    /// None, and reservations live this long.
    pub fn new(expires: Duration) -> Self {
        Keys { until: Mutex::default(), expires }
    }

    /// Looks at the keys without those that have lapsed: nothing needs to be swept in between.
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<String, Instant>, Instant) -> T) -> T {
        let mut keys = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        keys.retain(|_, until| *until > now);
        look(&mut keys, now)
    }
}

#[services]
impl Keys {
    /// Reserves a key, if nobody has it.
    #[service(reserve = "create", rank(5), effect(accept_duplicates))]
    fn create(&self, msg: Reserve) -> Reserved {
        self.with(|keys, now| {
            let ok = !keys.contains_key(&msg.key);
            if ok {
                keys.insert(msg.key, now + self.expires);
            }
            Reserved { ok }
        })
    }

    /// Tells whether somebody has it.
    #[service(reserve = "read", rank(5), effect(read))]
    fn read(&self, msg: &IsReserved) -> Reserved {
        self.with(|keys, _| Reserved { ok: keys.contains_key(&msg.key) })
    }

    /// Gives it back.
    #[service(reserve = "remove", rank(5), effect(accept_duplicates))]
    fn remove(&self, msg: &GiveBack) -> Reserved {
        self.with(|keys, _| Reserved { ok: keys.remove(&msg.key).is_some() })
    }

    /// Tells all keys, with the milliseconds that each has left.
    #[service(reserve = "state", rank(5), effect(read))]
    fn state(&self, _: &Reservations) -> BTreeMap<String, u64> {
        self.with(|keys, now| {
            let left = |until: &Instant| u64::try_from((*until - now).as_millis()).unwrap_or(u64::MAX);
            keys.iter().map(|(key, until)| (key.clone(), left(until))).collect()
        })
    }
}
