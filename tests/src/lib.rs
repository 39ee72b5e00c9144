//! Conformance tests of matchbus.

pub mod faults;
pub mod vectors;
