//! The page of what a user has posted.

use matchbus::prelude::*;

use crate::contracts::{Entry, Item, ListEntries, MinePage};
use crate::html::{self, Mine};

/// Renders it.
#[service(page = "mine", rank(7), effect(read))]
async fn page(msg: MinePage, entries: Call<ListEntries>) -> Result<String, matchbus::Error> {
    let entries = entries.call(ListEntries { user: msg.user.clone() }).await;
    let (entries, missing) = html::or_missing(entries);
    let item = |Entry { user, text, when, .. }| Item { user, text, when, can_follow: false };
    let items: Vec<Item> = entries.into_iter().map(item).collect();
    html::render(&Mine { user: &msg.user, items: &items, missing })
}
