//! The peers, each with its server and its client.

pub(crate) mod axum;
pub(crate) mod lines;
pub(crate) mod raw;
pub(crate) mod seneca;
pub(crate) mod tarpc;
pub(crate) mod tonic;
