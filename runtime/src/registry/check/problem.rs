//! Problems as values, for whoever asks at run time.

use std::fmt;

use super::describe::{add_more, describe};
use super::report::{Fault, ProblemKind, Report};
use super::row::Source;
use crate::list::List;
use crate::registry::Info;
use crate::registry::text::Text;

/// One thing that is wrong with a program's handlers.
///
/// Its text, which has several lines, says what is wrong, with which handlers, and what can be done.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: ProblemKind,
    text: String,
    handlers: Vec<&'static Info>,
}

impl Problem {
    fn new(source: Source<'_>, fault: Fault) -> Self {
        let mut text = Text::<4096>::new();
        describe(source, fault, &mut text);
        let mut handlers: Vec<_> = source.entry(fault.a).into_iter().list();
        if !fault.a.same_entry(fault.b) {
            handlers.extend(source.entry(fault.b));
        }
        Problem { kind: fault.kind, text: text.as_str().to_owned(), handlers }
    }

    /// What kind of problem it is.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The handlers it is about: one or two.
    pub fn handlers(&self) -> &[&'static Info] {
        &self.handlers
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Everything that is wrong with a program's handlers: the first twenty problems, in an order that does not depend on
/// linking.
#[derive(Clone, Debug)]
pub struct Conflicts {
    problems: Vec<Problem>,
    more: usize,
    at_least: bool,
}

impl Conflicts {
    pub(super) fn new(source: Source<'_>, report: &Report) -> Self {
        let problems: Vec<_> = (0..report.len()).map(|i| Problem::new(source, report.get(i))).list();
        Conflicts { more: report.total - problems.len(), problems, at_least: report.is_enough() }
    }

    /// The problems that are told in full.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many further problems were found.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Conflicts {
    /// Writes the same text as the compile error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i > 0 { "\n" } else { "" })?;
        }
        let mut text = Text::<64>::new();
        add_more(self.more, self.at_least, &mut text);
        f.write_str(text.as_str())
    }
}

impl std::error::Error for Conflicts {}
