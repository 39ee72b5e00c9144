//! What is known about the handlers of a program before it runs.

mod answers;
mod breaking;
mod catalogue;
mod fit;
mod info;
mod text;

pub use breaking::Break;
pub use catalogue::{Catalogue, Handler, Output};
pub use info::{Effect, Info, Kind, Place, Registration, Services};
