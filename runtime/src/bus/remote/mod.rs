//! Messages that are answered in other processes: who to send them to, how often, and what is known when it fails.
//!
//! The order is fixed (rule R20), outermost first: deadline, retry budget, retry, breaker, attempt time-out. What is
//! inside of these happens at the other side.

mod attempts;
mod breaker;
mod counts;
mod elsewhere;
mod hedge;
mod latency;
mod peer;
mod retry_budget;
mod rivals;
mod table;
mod types;
mod usual;

pub(crate) use elsewhere::pins_of;
pub(crate) use table::{Observer, Remote, Target};
pub(crate) use types::Way;
pub(crate) use usual::{Begin, Failed, Usual};
