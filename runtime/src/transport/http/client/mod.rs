//! The calling side.

mod answer;
mod link;
mod pool;
mod response;
mod wire;

pub(super) use link::HttpLink;
