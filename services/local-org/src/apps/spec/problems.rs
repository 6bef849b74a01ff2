//! What is wrong with a specification.

use std::fmt;

/// One thing that External Services refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where: `POST /api/quotes`, `components.schemas.Quote`, `openapi`.
    pub(crate) at: String,
    /// What.
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

/// All of them so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes one, once.
    pub(crate) fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        let problem = Problem { at: at.into(), message: message.into() };
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// The value if there is no problem.
    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}
