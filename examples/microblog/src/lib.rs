//! A microblog as pattern-routed services: posts, follows, timelines and search. Start with the README, then `services/`.
//!
//! It does what ramanujan does, the example system of Seneca, without its defects.

pub mod contracts;
pub mod html;
pub mod reservation;
pub mod services;

use matchbus::bus::Builder;

/// Gives the services their states: here they live in memory and begin anew with each process.
pub fn states(bus: Builder) -> Builder {
    use services::{
        entry_cache::Lists, entry_store::Entries, follow::Follows, index::Words, post::Clock, reserve::Keys,
        timeline::Timelines,
    };
    bus.state(Lists::default())
        .state(Entries::default())
        .state(Follows::default())
        .state(Words::default())
        .state(Clock::default())
        .state(Keys::default())
        .state(Timelines::default())
}
