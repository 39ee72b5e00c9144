//! The router of timelines: it adds the key `shard` and sends the message on. Nobody else knows that there are shards.

use std::collections::BTreeMap;

use matchbus::prelude::*;

use crate::contracts::{InsertEntry, Item, ListTimeline};

/// Which shard a user is in: the first UTF-16 unit of the name, modulo 2.
pub fn shard_of(user: &str) -> u8 {
    u8::from(user.encode_utf16().next().is_some_and(|unit| unit % 2 == 1))
}

/// Sends an entry on to each shard that has some of the users.
#[service(timeline = "insert", rank(4), effect(idempotent))]
async fn insert(msg: InsertEntry, shards: Emit<InsertEntry>) -> Result<(), matchbus::Error> {
    let mut parts: BTreeMap<u8, Vec<String>> = BTreeMap::new();
    for user in &msg.users {
        parts.entry(shard_of(user)).or_default().push(user.clone());
    }
    let mut result = Ok(());
    for (shard, users) in parts {
        let part = InsertEntry { users, shard: Some(shard), ..msg.clone() };
        // A shard that is away must not cost the other one its part.
        result = shards.send(part).await.map(drop).and(result);
    }
    result
}

/// Asks the shard of the user.
#[service(timeline = "list", rank(4), effect(read))]
async fn list(msg: ListTimeline, shards: Call<ListTimeline>) -> Result<Vec<Item>, CallError<NoError>> {
    shards.call(ListTimeline { shard: Some(shard_of(&msg.user)), ..msg }).await
}
