//! The listening side.

mod body;
mod connection;
mod desk;
mod failure;
mod listen;
mod pages;
mod service;
mod simple;
mod straight;
mod stream;
mod told;

pub(super) use failure::{Failure, Kind};
pub(super) use listen::listen;
pub use service::{HttpService, service};
