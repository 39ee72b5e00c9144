//! What is known about the handlers of a program before it runs.

mod breaking;
mod catalogue;
mod check;
mod fit;
mod info;
mod prior;
mod text;

pub use crate::message::Place;
pub use breaking::Break;
pub use catalogue::{Catalogue, Handler, Output, PriorHandler};
pub(crate) use check::{CheckAt, Entry, answers, patterns_meet, problems};
pub use check::{Conflicts, Problem, ProblemKind};
#[doc(hidden)]
pub use check::{conflicts, refuse_conflicts, refuse_conflicts_in_part, registry_test};
pub use info::{Annotated, Effect, Info, Kind, Registration, Services, discover};
pub(crate) use prior::hands_on_outside;
