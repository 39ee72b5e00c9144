//! What is known about the handlers of a program before it runs.

mod breaking;
mod catalogue;
mod check;
mod fit;
mod info;
mod text;

pub use breaking::Break;
pub use catalogue::{Catalogue, Handler, Output};
#[doc(hidden)]
pub use check::{refuse_conflicts, registry_test};
pub(crate) use check::{CheckAt, Entry, answers, problems};
pub use check::{Conflicts, Problem, ProblemKind};
pub use info::{Effect, Info, Kind, Place, Registration, Services, discover};
