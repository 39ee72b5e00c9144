//! The index: which entries have which words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use matchbus::prelude::*;

use crate::contracts::{Entry, IndexEntry, InfoEntry, Query};

/// All entries by time, and for each word the times of the entries that have it.
#[derive(Debug, Default)]
pub struct Words(Mutex<Index>);

#[derive(Debug, Default)]
struct Index {
    entries: BTreeMap<Place, Entry>,
    words: BTreeMap<String, BTreeSet<Place>>,
}

/// When, and which of those at that time.
type Place = (u64, String);

impl Index {
    fn insert(&mut self, entry: Entry) {
        let place = (entry.when, entry.id.clone());
        for word in words(&entry.text) {
            self.words.entry(word).or_default().insert(place.clone());
        }
        self.entries.insert(place, entry);
    }

    fn find(&self, query: &str) -> Vec<Entry> {
        let mut words = words(query);
        let Some(first) = words.next() else { return Vec::new() };
        let mut places = self.words.get(&first).cloned().unwrap_or_default();
        for word in words {
            places.retain(|place| self.words.get(&word).is_some_and(|has| has.contains(place)));
        }
        places.iter().rev().filter_map(|place| self.entries.get(place)).cloned().collect()
    }
}

/// The words of a text, whatever their case.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Hears of each entry.
#[observer(info = "entry", effect(idempotent))]
fn hear(msg: InfoEntry, index: State<Words>) {
    let InfoEntry { id, user, text, when } = msg;
    insert(IndexEntry { id, user, text, when }, index);
}

/// Adds an entry to what can be found.
#[service(search = "insert", rank(2), effect(idempotent))]
fn insert(msg: IndexEntry, index: State<Words>) {
    let IndexEntry { id, user, text, when } = msg;
    index.0.lock().unwrap_or_else(PoisonError::into_inner).insert(Entry { id, user, text, when });
}

/// Finds the entries that have all words of a query, newest first.
#[service(search = "query", rank(2), effect(read))]
fn query(msg: &Query, index: State<Words>) -> Vec<Entry> {
    index.0.lock().unwrap_or_else(PoisonError::into_inner).find(&msg.query)
}
