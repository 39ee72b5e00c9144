//! Follows: who reads whom.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use matchbus::prelude::*;

use crate::contracts::{FollowUser, Followers, Following, GiveBack, InsertEntry, ListEntries, Reserve};
use crate::reservation;

/// Who reads whom, both ways, in the order in which they came.
#[derive(Debug, Default)]
pub struct Follows(Mutex<Both>);

#[derive(Debug, Default)]
struct Both {
    followers: BTreeMap<String, Vec<String>>,
    following: BTreeMap<String, Vec<String>>,
}

impl Follows {
    fn both(&self) -> MutexGuard<'_, Both> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(list: &mut Vec<String>, name: &str) {
    if !list.iter().any(|known| known == name) {
        list.push(name.to_owned());
    }
}

/// Notes who reads whom, and brings what is there already to the new reader's timeline.
#[service(follow = "user", rank(3), effect(idempotent))]
async fn user(
    msg: FollowUser,
    follows: State<Follows>,
    reserve: Call<Reserve>,
    give_back: Emit<GiveBack>,
    entries: Call<ListEntries>,
    timeline: Emit<InsertEntry>,
) -> Result<(), matchbus::Error> {
    let FollowUser { user, target } = msg;
    let mut keys = [format!("follow/{user}"), format!("follow/{target}")];
    // Always in one order: two who follow each other must not each hold what the other waits for.
    keys.sort();
    for key in &keys {
        reservation::take(key, &reserve, || false).await;
    }
    {
        let mut both = follows.both();
        add(both.followers.entry(target.clone()).or_default(), &user);
        add(both.following.entry(user.clone()).or_default(), &target);
    }
    for key in keys {
        reservation::give_back(key, &give_back).await;
    }
    // Entries that are posted from here on come by themselves; the timeline knows one that comes both ways.
    for entry in entries.call(ListEntries { user: target }).await? {
        let users = vec![user.clone()];
        let (user, text, when) = (entry.user, entry.text, entry.when);
        timeline.send(InsertEntry { users, user, text, when, shard: None }).await?;
    }
    Ok(())
}

/// Lists who reads a user.
#[service(follow = "list", kind = "followers", effect(read))]
fn followers(msg: &Followers, follows: State<Follows>) -> Vec<String> {
    follows.both().followers.get(&msg.user).cloned().unwrap_or_default()
}

/// Lists whom a user reads.
#[service(follow = "list", kind = "following", effect(read))]
fn following(msg: &Following, follows: State<Follows>) -> Vec<String> {
    follows.both().following.get(&msg.user).cloned().unwrap_or_default()
}
