//! What is known about the handlers of a program before it runs.

mod check;
mod fit;
mod info;
mod text;

#[doc(hidden)]
pub use check::{conflicts, refuse_conflicts, registry_test};
pub use check::{Conflicts, Problem, ProblemKind};
pub use info::{Effect, Info, Kind, Place, Registration, Services};
