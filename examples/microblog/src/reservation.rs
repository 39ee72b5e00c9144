//! How services use reservations: they wait for one, and do without where nobody gives any.

use std::time::Duration;

use matchbus::prelude::*;

use crate::contracts::{GiveBack, Reserve, Reserved};

/// How long to wait before asking again. The reserve service tells nobody that a key is free again.
const PAUSE: Duration = Duration::from_millis(10);

/// How often to ask: longer than a reservation lives that its holder forgot.
const TRIES: u32 = 150;

/// Takes a key, waiting while somebody else has it; `false` if there is no need any more.
///
/// It never fails. Without the reserve service, or after a holder that lives too long, work goes on without the
/// reservation: that costs some work done twice, and losing a message would cost the message.
pub async fn take(key: &str, reserve: &Call<Reserve>, needless: impl Fn() -> bool) -> bool {
    for _ in 0..TRIES {
        if needless() {
            return false;
        }
        let Ok(reserved) = reserve.call_or(Reserve { key: key.to_owned() }, Reserved { ok: true }).await;
        if reserved.ok {
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
    true
}

/// Gives a key back; one that cannot be given back lapses.
pub async fn give_back(key: String, give_back: &Emit<GiveBack>) {
    if let Err(error) = give_back.send(GiveBack { key }).await {
        tracing::debug!("a reservation is left to lapse: {error}");
    }
}
