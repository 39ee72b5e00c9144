//! The page of what a user reads.

use matchbus::prelude::*;

use crate::contracts::{HomePage, ListTimeline};
use crate::html::{self, Home};

/// Renders it.
#[service(page = "home", rank(7), effect(read))]
async fn page(msg: HomePage, timeline: Call<ListTimeline>) -> Result<String, matchbus::Error> {
    let items = timeline.call(ListTimeline { user: msg.user.clone(), shard: None }).await;
    let (items, missing) = html::or_missing(items);
    html::render(&Home { user: &msg.user, items: &items, missing })
}
