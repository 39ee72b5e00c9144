use std::fmt;

use crate::message::{Error, ErrorKind, Outcome};

/// Why a bus did not start: everything that is wrong, at once.
#[derive(Clone, Debug)]
pub struct StartError {
    problems: Vec<StartProblem>,
}

/// One thing that is wrong with a set of handlers. Its text says what, where and the cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartProblem {
    code: &'static str,
    text: String,
}

impl StartProblem {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        StartProblem { code, text: text.into() }
    }

    /// A stable word for the kind of problem, such as `missing-state`.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for StartProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StartError {
    pub(crate) fn new(problems: Vec<StartProblem>) -> Self {
        StartError { problems }
    }

    /// All problems found.
    pub fn problems(&self) -> &[StartProblem] {
        &self.problems
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "the bus cannot start: {count} {}", if count == 1 { "problem" } else { "problems" })?;
        for problem in &self.problems {
            write!(f, "\n- {}", problem.text.replace('\n', "\n  "))?;
        }
        Ok(())
    }
}

impl std::error::Error for StartError {}

impl From<StartError> for Error {
    fn from(cause: StartError) -> Self {
        Error::new(ErrorKind::Start, Outcome::NotDone, cause.to_string()).with_source(cause)
    }
}
