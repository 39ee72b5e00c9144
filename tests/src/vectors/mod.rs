//! Vectors of npm's patrun: patterns, questions, and what patrun 7.3.0 answered.
//!
//! A file has one case a line, or is one JSON array of cases. A case adds its `patterns` in order, then
//! removes those in `remove`, then asks: `finds` (with `exact`: the pattern must have as many keys as the
//! message; with `collect`: all values met, in any order) and `list`. A find's `spec` is there when patrun's
//! documentation asks for another answer than patrun gave, and then `spec` is what counts.

mod file;
mod lists;
mod run;

pub use file::{Case, Find, FormatError, List, Listed, Put, read};
pub use run::{DELIBERATE, Disagreement, Report, run};
