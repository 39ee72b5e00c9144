//! The calling side.

mod answer;
mod link;
mod pool;

pub(super) use link::HttpLink;
