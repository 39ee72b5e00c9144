//! A small web shop as pattern-routed services. Start with the README, then `services/`, then `special/`.

pub mod services;
pub mod special;
pub mod story;

use matchbus::bus::Builder;

/// Gives the services their states: here they live in memory and begin anew with each process.
pub fn states(bus: Builder) -> Builder {
    use services::{
        audit::Audit, bestsellers::Sales, cart::Carts, order::Orders, payment::Ledger, price::Prices,
        stock::Stock,
    };
    bus.state(Audit::default())
        .state(Carts::default())
        .state(Ledger::default())
        .state(Orders::default())
        .state(Prices::default())
        .state(Sales::default())
        .state(Stock::default())
}
