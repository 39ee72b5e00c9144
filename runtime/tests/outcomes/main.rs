//! What a caller sees of a message: the rules of reliability R1, R2, R4 to R8, R10 and R11, over
//! the ways by which a message can go.
//!
//! Time is virtual where nothing leaves the process; elsewhere the tests wait for events.
#![cfg(all(feature = "http", feature = "tcp"))]

mod rules;
mod wire;
mod world;
