//! What is known about the handlers of a program before it runs.

mod fit;
mod info;
mod text;

pub use info::{Effect, Info, Kind, Place, Registration, Services};
