//! The workload of the router's benchmark, and its peers written in Rust.

mod linear;
mod trie;
mod world;

pub use linear::Linear;
pub use trie::Trie;
pub use world::{KEYS, Message, Pairs, World};

/// "No pattern fits", for the peers.
pub const NONE: u32 = u32::MAX;
