//! The typed decode from the pairs already found.
//!
//! Each deserializer does the plain cases by hand and leaves the others to `serde_json` over the raw text, so that
//! every type gets what `serde_json` would give it. The text is known to be valid, so nothing is validated again.
//! An error is only a sign that `serde_json` must judge the whole message, see [`Failed`].

mod key;
mod message;
mod nested;
mod value;

pub(super) use message::Message;

use serde_json::Error;
use std::cell::Cell;

/// How the names begin under which `serde_json`'s own types ask for special treatment (`RawValue`).
pub(super) const PRIVATE: char = '$';

/// Whether any value was refused.
///
/// A type may swallow an error and go on (`T::deserialize(d).ok()`). Whether `serde_json` can go on from there depends
/// on what it has consumed by then, so its word is asked for in this case too.
#[derive(Debug, Default)]
pub(super) struct Failed(Cell<bool>);

impl Failed {
    #[inline]
    pub(super) fn get(&self) -> bool {
        self.0.get()
    }

    /// Passes a result on and notes a failure.
    #[inline]
    fn watch<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        self.note(result.is_err());
        result
    }

    /// Notes whether something is wrong. No more is needed: a result that need not become an error is not moved for it.
    #[inline]
    fn note(&self, wrong: bool) {
        if wrong {
            self.0.set(true);
        }
    }

    /// Refuses.
    #[cold]
    fn refuse<T>(&self, why: &'static str) -> Result<T, Error> {
        self.watch(Err(serde::de::Error::custom(why)))
    }
}
