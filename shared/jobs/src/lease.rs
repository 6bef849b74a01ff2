//! The right to run a task.

use std::fmt;

use super::types::JobId;

/// A unit of work of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Plans one page; `P` in Redis.
    Plan,
    /// The chunk of this number.
    Chunk(u64),
    /// The last step; `F` in Redis.
    Finish,
}

impl Task {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "P" => Some(Self::Plan),
            "F" => Some(Self::Finish),
            number => number.parse().ok().map(Self::Chunk),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan => f.write_str("P"),
            Self::Chunk(number) => number.fmt(f),
            Self::Finish => f.write_str("F"),
        }
    }
}

/// A lease, written `job|task|epoch|worker|random`. The epoch is new with every claim of the job, and the random part
/// with every claim, so no two leases are equal, not even when Redis comes back as it was before the first of them:
/// whoever cannot remove the exact text from the job's lease set has lost the task.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    text: String,
    job: JobId,
    task: Task,
}

impl Lease {
    /// Reads a lease as the claim script writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '|');
        let job = parts.next()?.parse().ok()?;
        let task = Task::parse(parts.next()?)?;
        parts.next()?.parse::<u64>().ok()?;
        parts.next()?;
        Some(Self { text: text.to_owned(), job, task })
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> JobId {
        self.job
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> Task {
        self.task
    }

    /// The text in Redis.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
