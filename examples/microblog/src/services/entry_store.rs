//! The store of entries.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use matchbus::prelude::*;

use crate::contracts::{Entry, InsertEntry, ListEntries, SaveEntry};

/// All entries, by user.
#[derive(Debug, Default)]
pub struct Entries(Mutex<Saved>);

#[derive(Debug, Default)]
struct Saved {
    count: u64,
    by_user: BTreeMap<String, Vec<Entry>>,
}

impl Entries {
    fn save(&self, msg: &SaveEntry) -> Entry {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        saved.count += 1;
        let SaveEntry { user, text, when } = msg.clone();
        let entry = Entry { id: saved.count.to_string(), user, text, when };
        let entries = saved.by_user.entry(entry.user.clone()).or_default();
        // Newest first; of two with the same time the later one.
        let place = entries.partition_point(|other| other.when > entry.when);
        entries.insert(place, entry.clone());
        entry
    }
}

/// Saves an entry, and puts it in its author's own timeline.
#[service(store = "save", kind = "entry", cache = true, effect(accept_duplicates))]
async fn save(msg: SaveEntry, entries: State<Entries>, timeline: Emit<InsertEntry>) -> Entry {
    let entry = entries.save(&msg);
    let SaveEntry { user, text, when } = msg;
    let own = InsertEntry { users: vec![user.clone()], user, text, when, shard: None };
    // It is saved, whatever becomes of the timeline.
    if let Err(error) = timeline.send(own).await {
        tracing::warn!("an entry is not in its author's timeline: {error}");
    }
    entry
}

/// Lists the entries of a user.
#[service(store = "list", kind = "entry", cache = true, effect(read))]
fn list(msg: &ListEntries, entries: State<Entries>) -> Vec<Entry> {
    let saved = entries.0.lock().unwrap_or_else(PoisonError::into_inner);
    saved.by_user.get(&msg.user).cloned().unwrap_or_default()
}
