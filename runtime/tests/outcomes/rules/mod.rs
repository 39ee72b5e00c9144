//! The rules, a file for each or for two that belong together.

mod attempts;
mod callers_that_die;
mod deadline;
mod hedging;
mod not_done;
mod repeats;
mod sends;
mod unknown;

use std::time::Duration;

use crate::world::Way;

const MS: Duration = Duration::from_millis(1);
const REMOTE: [Way; 2] = [Way::Tcp, Way::Http];
