//! The test kit: a bus from a list, handlers replaced by closures, every message recorded.

mod recorder;

pub(crate) use recorder::Recorder;
pub use recorder::{How, Recorded};
