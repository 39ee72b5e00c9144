//! The one grammar of all attributes: `key = value`, `option`, `option(…)` and, where allowed, `(key = value, …)`.

mod duration;
mod entry;
mod options;
mod value;

pub(crate) use duration::millis;
pub(crate) use entry::{Entry, Given, Key, read};
pub(crate) use options::{
    Spent, integer, no_arguments, no_key, one_name, one_path, one_text, one_type, unknown,
    unknown_without_keys,
};
