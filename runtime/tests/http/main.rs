//! HTTP over real sockets on 127.0.0.1. Nothing here sleeps to wait for something.
#![cfg(feature = "http")]
#![allow(clippy::needless_pass_by_value)] // Handlers own what they are given.

mod both_ways;
mod drain;
mod kit;
mod limits;
mod link;
mod mounted;
mod plain;
mod seneca;
