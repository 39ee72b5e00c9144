//! Conformance tests of matchbus.

pub mod vectors;
