//! The page of what was searched and found.

use matchbus::prelude::*;

use crate::contracts::{Entry, Following, Item, Query, SearchPage};
use crate::html::{self, Search};

/// Renders it.
#[service(page = "search", rank(7), effect(read))]
async fn page(
    msg: SearchPage,
    search: Call<Query>,
    following: Call<Following>,
) -> Result<String, matchbus::Error> {
    let SearchPage { user: reader, query } = msg;
    let (mut items, mut missing) = (Vec::new(), false);
    if !query.trim().is_empty() {
        let (found, away) = html::or_missing(search.call(Query { query: query.clone() }).await);
        let following = following.timeout(Following::PATIENCE);
        let Ok(following) = following.call_or(Following { user: reader.clone() }, Vec::new()).await;
        let item = |Entry { user, text, when, .. }| {
            let can_follow = user != reader && !following.contains(&user);
            Item { user, text, when, can_follow }
        };
        (items, missing) = (found.into_iter().map(item).collect(), away);
    }
    html::render(&Search { user: &reader, query: &query, items: &items, missing })
}
