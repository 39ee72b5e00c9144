//! Patterns: named keys with given values, and the values of messages they are compared with.
//!
//! Nothing in this module knows a bus. [`PatternInfo`] is what the macros write into a program; it is
//! `Copy` and can be used in a `const`.

mod info;
mod scalar;
mod standin;
mod value;

pub use info::{KeyInfo, PatternInfo};
pub use scalar::Scalar;
pub use standin::{Pattern, Value, value_matches};
pub use value::ValueRef;
