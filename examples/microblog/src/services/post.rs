//! Posts: an entry is saved, and then everybody who cares is told. Who that is, it does not know.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use matchbus::prelude::*;

use crate::contracts::{InfoEntry, PostEntry, SaveEntry};

/// The time of the last post, in microseconds since 1970.
#[derive(Debug, Default)]
pub struct Clock(AtomicU64);

impl Clock {
    /// Now, and later than any time before: of two posts one is the newer, also when the system's clock is set back.
    fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
        now.max(last.unwrap_or_default() + 1)
    }
}

/// Saves an entry and announces it.
#[service(post = "entry", effect(accept_duplicates))]
async fn entry(
    msg: PostEntry,
    clock: State<Clock>,
    save: Call<SaveEntry>,
    info: Emit<InfoEntry>,
) -> Result<(), matchbus::Error> {
    let saved = save.call(SaveEntry { user: msg.user, text: msg.text, when: clock.now() }).await?;
    // It is saved: that some listener is away is no reason to tell the author that it was not.
    if let Err(error) = info.publish(saved.into()).await {
        tracing::warn!("not everybody was told of an entry: {error}");
    }
    Ok(())
}
