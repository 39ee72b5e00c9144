//! What is known about the handlers of a program before it runs.

mod fit;
mod info;
mod text;

pub use info::{Effect, Info, Kind, Place, Registration, Services};

/// Stand-in until the checks land.
#[doc(hidden)]
#[track_caller]
pub const fn refuse_conflicts(_: &[&[Info]]) {}

/// Stand-in until the checks land.
#[doc(hidden)]
pub fn registry_test() -> Result<(), String> {
    Ok(())
}
