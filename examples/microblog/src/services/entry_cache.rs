//! The cache of entries. It stands before the store by its pattern only: it answers the store's messages, and sends the
//! same messages on with one more key. Nobody else knows.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use matchbus::prelude::*;

use crate::contracts::{Entry, ListEntries, SaveEntry};

/// The lists of users that were asked for.
#[derive(Debug, Default)]
pub struct Lists(Mutex<BTreeMap<String, Kept>>);

#[derive(Debug, Default)]
struct Kept {
    list: Option<Vec<Entry>>,
    /// Grows with each save: a list that was asked for before a save must not be kept after it.
    saves: u64,
}

impl Lists {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_list(&self, user: &str) {
        let mut all = self.all();
        let kept = all.entry(user.to_owned()).or_default();
        kept.list = None;
        kept.saves += 1;
    }
}

/// Forgets the list of the user, and saves. What others put on the message goes along.
#[service(store = "save", kind = "entry", effect(accept_duplicates))]
async fn save(
    msg: SaveEntry,
    lists: State<Lists>,
    store: Call<SaveEntry>,
) -> Result<Entry, CallError<NoError>> {
    let user = msg.user.clone();
    lists.drop_list(&user);
    let saved = store.extend("cache", true).call(msg).await;
    // Again: whoever listed meanwhile has seen the store as it was before.
    lists.drop_list(&user);
    saved
}

/// Lists from memory, and asks the store only for what is not there.
#[service(store = "list", kind = "entry", effect(read))]
async fn list(
    msg: ListEntries,
    lists: State<Lists>,
    store: Call<ListEntries>,
) -> Result<Vec<Entry>, CallError<NoError>> {
    let user = msg.user.clone();
    let saves = match lists.all().entry(user.clone()).or_default() {
        Kept { list: Some(list), .. } => return Ok(list.clone()),
        kept => kept.saves,
    };
    let list = store.extend("cache", true).call(msg).await?;
    if let Some(kept) = lists.all().get_mut(&user).filter(|kept| kept.saves == saves) {
        kept.list = Some(list.clone());
    }
    Ok(list)
}
