//! The seams: clock, randomness and task spawning each come from here and from nowhere else.
//!
//! A test (or a simulation of a whole system) replaces them: tokio's paused clock moves [`clock`],
//! [`random::seed`] makes ids and jitter repeatable, and a current-thread runtime puts every task on one
//! thread. Transports add their sockets here when they come.

pub mod clock;
pub mod random;
pub(crate) mod task;
