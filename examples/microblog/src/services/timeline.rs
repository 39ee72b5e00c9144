//! Timelines: what each user reads, newest first. A process may be told at its start which shard it has
//! (`--with shard=0`); otherwise it has all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use matchbus::prelude::*;

use crate::contracts::{Following, GiveBack, InsertEntry, Item, ListTimeline, Reserve};
use crate::reservation;

/// The timelines of all shards that are here: by user, then by time, author and text, so that an entry that comes twice
/// is there once.
#[derive(Debug, Default)]
pub struct Timelines(Mutex<BTreeMap<String, Timeline>>);

type Timeline = BTreeSet<(u64, String, String)>;

impl Timelines {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Timeline>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, user: &str) -> bool {
        self.all().contains_key(user)
    }
}

/// Puts an entry in the timelines of the users. A new timeline is reserved first, as two processes could make it.
#[service(timeline = "insert", shard = "*", rank(4), effect(idempotent))]
async fn insert(
    msg: InsertEntry,
    timelines: State<Timelines>,
    reserve: Call<Reserve>,
    give_back: Emit<GiveBack>,
) {
    for user in &msg.users {
        let key = format!("timeline/{user}");
        let reserved = reservation::take(&key, &reserve, || timelines.has(user)).await;
        let entry = (msg.when, msg.user.clone(), msg.text.clone());
        timelines.all().entry(user.clone()).or_default().insert(entry);
        if reserved {
            reservation::give_back(key, &give_back).await;
        }
    }
}

/// Lists a timeline, with whom the reader could follow.
#[service(timeline = "list", shard = "*", rank(4), effect(read))]
async fn list(msg: ListTimeline, timelines: State<Timelines>, following: Call<Following>) -> Vec<Item> {
    let ListTimeline { user: reader, .. } = msg;
    // Without the follow service a timeline is as good.
    let following = following.timeout(Following::PATIENCE);
    let Ok(following) = following.call_or(Following { user: reader.clone() }, Vec::new()).await;
    let all = timelines.all();
    let entries = all.get(&reader).into_iter().flatten().rev();
    let item = |(when, user, text): &(u64, String, String)| Item {
        can_follow: *user != reader && !following.contains(user),
        user: user.clone(),
        text: text.clone(),
        when: *when,
    };
    entries.map(item).collect()
}
