//! TCP: real sockets on this machine, raw lines at one end or matchbus at both.
#![cfg(feature = "tcp")]

mod away;
mod bounds;
mod kit;
mod lines;
mod many;
mod replies;
