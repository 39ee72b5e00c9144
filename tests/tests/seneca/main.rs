//! An unmodified Seneca from npm at the other end: its HTTP dialects A and B and its TCP transport C, both ways.
//!
//! Needs `node` and `npm`; `MATCHBUS_WITHOUT=seneca` leaves it out.

#![allow(clippy::needless_pass_by_value)] // Handlers own what they are given.

mod each;
mod ends;
mod http;
mod node;
mod repeats;
mod services;
mod tcp;
