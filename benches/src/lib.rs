//! What the benchmarks share: processor time, counted bytes, interleaved rounds, and lines of results.
//!
//! Every program of this package prints a table, or one JSON [`Line`] a line with `--json`. Only ratios of
//! one run mean anything: cases take turns round by round, and a ratio is the median over the rounds.

pub mod alloc;
pub mod cart;
pub mod clock;
pub mod count;
pub mod find;
mod line;
mod options;
mod rounds;
pub mod scratch;

pub use line::{Line, print};
pub use options::Options;
pub use rounds::{median, median_ratio, range, take_turns};
