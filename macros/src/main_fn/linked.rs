//! Which direct dependencies have handlers?
//!
//! A dependency that nobody names in code is not linked, and its handlers are silently not there. No program can
//! notice that by itself; but the macro sees the libraries that rustc was given, linked or not, and whoever has
//! handlers has a constant of a certain name in its metadata.

use std::path::Path;

use crate::externs::externs;
use crate::handler::MARK;

/// A crate with handlers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HandlerCrate {
    /// As in this crate's code.
    pub(super) name: String,
    /// As in its own: what its handlers say that they are of.
    library: String,
}

impl HandlerCrate {
    /// As `MainOptions::handler_crates` has it.
    pub(super) fn text(&self) -> String {
        if self.name == self.library { self.name.clone() } else { format!("{}={}", self.name, self.library) }
    }
}

/// The crates with handlers among those that rustc was given.
pub(super) fn handler_crates() -> Vec<HandlerCrate> {
    let mut names: Vec<HandlerCrate> = externs()
        .iter()
        .filter(|one| one.library() != Some("matchbus") && has_handlers(&one.file))
        .map(|one| HandlerCrate {
            name: one.name.clone(),
            library: one.library().unwrap_or(&one.name).to_owned(),
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn has_handlers(file: &Path) -> bool {
    // Procedural macros are compiled for the compiler; they have no handlers, and one of them has the name itself.
    let is_library = file.extension().is_some_and(|extension| extension == "rlib" || extension == "rmeta");
    is_library && std::fs::read(file).is_ok_and(|bytes| contains(&bytes, MARK.as_bytes()))
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    // Jump from one first byte to the next: metadata are megabytes.
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == word[0]) {
        rest = &rest[at..];
        if rest.starts_with(word) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn words_are_found_anywhere() {
        assert!(contains(b"ab__x__y", b"__y"));
        assert!(contains(b"__y", b"__y"));
        assert!(!contains(b"_y__x_", b"__y"));
        assert!(!contains(b"", b"__y"));
    }
}
