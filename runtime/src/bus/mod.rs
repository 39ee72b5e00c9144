//! The bus: what a process sends through.

#![expect(
    clippy::inline_always,
    reason = "measured: a tenth of a typed call is lost when parts of it become calls"
)]

mod act;
mod away;
mod below;
mod builder;
mod by_type;
mod core;
mod counted;
mod dedup;
mod deliver;
mod envelope;
pub(crate) mod guard;
mod handle;
mod index;
mod layer;
mod lifecycle;
mod limit;
mod mounted;
mod nobody;
mod origin;
mod outside;
mod queue;
mod remote;
mod route;
mod routes;
pub(crate) mod settings;
mod stage;
mod start_error;
mod together;
mod typed;
mod undeclared;

pub use builder::Builder;
pub use handle::{Bus, Published, Sent};
pub use layer::{At, BoxError, Inner, Request, Response};
pub use routes::Route;
pub use start_error::{StartError, StartProblem};

pub(crate) use self::core::Core;
pub(crate) use below::read_below;
pub(crate) use dedup::note as dedup_note;
pub(crate) use deliver::{Reply, Target};
pub(crate) use envelope::Envelope;
pub(crate) use handle::{or_default, partly};
pub(crate) use mounted::Mounted;
pub(crate) use nobody::{Hearer, Hearers};
pub(crate) use origin::{Origin, say_more};
pub(crate) use outside::Outside;
pub(crate) use together::together;
pub(crate) use typed::{Given, Lent};
pub(crate) use undeclared::note as undeclared_note;
