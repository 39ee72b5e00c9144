//! What the tests of matchbus share.

pub mod faults;
pub mod node;
pub mod vectors;
