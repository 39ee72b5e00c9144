//! Fan-out: what was posted comes to those who follow.

use matchbus::prelude::*;

use crate::contracts::{FanOut, Followers, InfoEntry, InsertEntry};

/// Hears of each entry.
#[observer(info = "entry", effect(idempotent))]
async fn hear(
    msg: InfoEntry,
    followers: Call<Followers>,
    timeline: Emit<InsertEntry>,
) -> Result<(), matchbus::Error> {
    let InfoEntry { user, text, when, .. } = msg;
    // A handler is a function: inside of a service no message is needed.
    entry(FanOut { user, text, when }, followers, timeline).await
}

/// Puts an entry in the timelines of all who follow its author.
#[service(fanout = "entry", rank(1), effect(idempotent))]
async fn entry(
    msg: FanOut,
    followers: Call<Followers>,
    timeline: Emit<InsertEntry>,
) -> Result<(), matchbus::Error> {
    let users = followers.call(Followers { user: msg.user.clone() }).await?;
    if !users.is_empty() {
        let FanOut { user, text, when } = msg;
        timeline.send(InsertEntry { users, user, text, when, shard: None }).await?;
    }
    Ok(())
}
