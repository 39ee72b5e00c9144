use super::place;
use serde::Deserialize;
use serde_path_to_error::{Path, Segment};
use std::{error::Error, fmt};

/// Why a message does not fit the type that a handler asks for.
///
/// See [`Scan::decode`](super::Scan::decode) for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(Box<Refused>);

// Boxed, so that a decoded message with this beside it is as large, and laid out, as with any other error on its way: it
// is then moved as it is (measured: 8 ns for a message of 112 bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    path: String,
    reason: String,
    line: usize,
    column: usize,
}

impl DecodeError {
    /// The JSON path of what does not fit, such as `$.items[3].sku`; for a missing key that of its object.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What does not fit there, in serde's words, which may quote the message; cut after 500 characters.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The line where decoding stopped, from 1; 0 if serde does not know.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// The column in bytes where decoding stopped, as `serde_json` counts it; 0 if serde does not know.
    pub fn column(&self) -> usize {
        self.0.column
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the message does not fit its type at {}: {}",
            place::shortened(&self.0.path),
            self.0.reason
        )
    }
}

impl Error for DecodeError {}

/// Decodes with `serde_json` alone, to learn where and why it fails. Should it not fail, its word counts.
#[cold]
#[inline(never)]
pub(super) fn again<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let refused = match serde_path_to_error::deserialize(&mut json) {
        Ok(value) => match json.end() {
            Ok(()) => return Ok(value),
            Err(error) => ("$".to_owned(), error),
        },
        Err(error) => (write_path(error.path()), error.into_inner()),
    };
    Err(DecodeError::new(refused))
}

impl DecodeError {
    fn new((path, inner): (String, serde_json::Error)) -> Self {
        let (line, column) = (inner.line(), inner.column());
        let mut reason = inner.to_string();
        if let Some(short) = reason.strip_suffix(&format!(" at line {line} column {column}")) {
            reason.truncate(short.len());
        }
        if let Some((end, _)) = reason.char_indices().nth(500) {
            reason.truncate(end);
            reason.push('…');
        }
        DecodeError(Box::new(Refused { path, reason, line, column }))
    }
}

fn write_path(path: &Path) -> String {
    let mut text = String::from("$");
    for segment in path {
        match segment {
            Segment::Seq { index } => place::push_index(&mut text, *index),
            Segment::Map { key } | Segment::Enum { variant: key } => place::push_key(&mut text, key),
            Segment::Unknown => {}
        }
    }
    text
}
