/// What is known about a message after a call (reliability rules, "Outcome").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The handler ran to its end: with a reply or with its own error.
    Done,
    /// It is certain that no handler ran; trying again is safe.
    NotDone,
    /// The handler may or may not have run; try again only where running twice does no harm.
    Unknown,
}

impl Outcome {
    /// The word for it: `done`, `not-done` or `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::NotDone => "not-done",
            Outcome::Unknown => "unknown",
        }
    }
}
