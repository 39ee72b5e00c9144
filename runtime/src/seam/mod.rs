//! The seams: clock, randomness, task spawning and sockets each come from here and from nowhere else.
//!
//! A test (or a simulation of a whole system) replaces them: tokio's paused clock moves [`clock`],
//! [`random::seed`] makes ids and jitter repeatable, and a current-thread runtime puts every task on one
//! thread. Sockets come from `net`.

pub mod clock;
#[cfg(any(feature = "http", feature = "tcp"))]
pub(crate) mod net;
pub mod random;
#[cfg(any(feature = "http", feature = "tcp"))]
pub(crate) mod rarely;
pub(crate) mod task;
