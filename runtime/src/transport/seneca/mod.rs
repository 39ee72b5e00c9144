//! What the transports that speak with a Seneca share: its ids and its words for errors.

pub(super) mod codes;
pub(super) mod ids;
