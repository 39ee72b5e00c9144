use std::fmt;

/// Why something is not a pattern: what is wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    what: String,
    place: String,
    cure: &'static str,
}

impl PatternError {
    pub(super) fn new(what: impl Into<String>, place: impl Into<String>, cure: &'static str) -> Self {
        PatternError { what: what.into(), place: place.into(), cure }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.what, self.place, self.cure)
    }
}

impl std::error::Error for PatternError {}
