//! Micro-services as annotated functions that find each other by pattern.

pub mod pattern;
pub mod router;
