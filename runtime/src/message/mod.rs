//! Messages: their JSON text, and what is read out of it.

pub mod json;
