//! Calls that a task makes beside its first one, and what a plan hands on to its first chunk.

use super::error::JobsError;
use super::kind::TaskContext;
use super::lease::Lease;
use super::tasks::Tasks;

/// How many calls a task may have under way. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CallsBeside {
    tasks: Tasks,
    lease: Lease,
}

impl CallsBeside {
    /// Sets how many calls to its org the task may have under way beside one, at most `most`: 0 at its beginning. How many
    /// they are from now on. They are fewer than `most` when the org has no room for them, or while something else of it could
    /// start. Ask for fewer as soon as they are answered; at the end of the task there is none.
    ///
    /// # Errors
    /// When Redis cannot be asked. As many as before may be under way then.
    pub async fn set(&self, most: u32) -> Result<u32, JobsError> {
        self.tasks.calls_beside(&self.lease, most).await
    }
}

impl TaskContext {
    /// How many calls this task may have under way.
    #[must_use]
    pub fn calls_beside(&self) -> CallsBeside {
        CallsBeside { tasks: self.jobs.tasks(), lease: self.lease.clone() }
    }

    /// Called by a plan: its worker goes on with the first chunk of the page, which gets `value`. Only a hint: the chunk may run
    /// elsewhere, or later, and then it gets nothing and does without.
    pub fn hand_on<T: Send + 'static>(&self, value: T) {
        self.handed.put(Box::new(value));
    }

    /// What the plan has [handed on](Self::hand_on) just now, once; `None` when it has not, or something of another type.
    #[must_use]
    pub fn handed<T: Send + 'static>(&self) -> Option<T> {
        self.handed.take()
    }
}
