//! One module, one service. Each knows its inputs and its outputs and nothing of the others.

pub mod api;
pub mod entry_cache;
pub mod entry_store;
pub mod fanout;
pub mod follow;
pub mod front;
pub mod home;
pub mod index;
pub mod mine;
pub mod post;
pub mod reserve;
pub mod search;
pub mod timeline;
pub mod timeline_shard;
