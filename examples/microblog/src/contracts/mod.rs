//! What the services say to each other: messages, replies, errors. Services share this module and nothing else.
//!
//! The patterns are those of ramanujan, the example system of Seneca, so that a Node service can take the place of one
//! of these.
//!
//! They have one key where others have a role and a command, so a message could be made that fits two of them. The
//! services therefore have ranks, in the order in which a message comes by them last: which one wins is written down.

mod api;
mod entry;
mod follow;
mod page;
mod reserve;
mod search;
mod timeline;

pub use api::{ApiError, Follow, Post};
pub use entry::{Entry, FanOut, InfoEntry, ListEntries, PostEntry, SaveEntry};
pub use follow::{FollowUser, Followers, Following};
pub use page::{HomePage, MinePage, ProblemPage, SearchPage};
pub use reserve::{GiveBack, IsReserved, Reservations, Reserve, Reserved};
pub use search::{IndexEntry, Query};
pub use timeline::{InsertEntry, Item, ListTimeline};
