//! Micro-services as annotated functions that find each other by pattern.

pub mod message;
pub mod pattern;
