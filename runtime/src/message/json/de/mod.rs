//! The typed decode from the pairs already found.
//!
//! Each deserializer does the plain cases by hand and leaves the others to `serde_json` over the raw text, so that
//! every type gets what `serde_json` would give it. Errors are `serde_json`'s too, so that a type which looks into
//! them sees no difference; what the user is shown is made anew in [`super::decode`].

mod key;
mod message;
mod value;

pub(super) use message::Message;

/// How the names begin under which `serde_json`'s own types ask for special treatment (`RawValue`).
const PRIVATE: char = '$';
