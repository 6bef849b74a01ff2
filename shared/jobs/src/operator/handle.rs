//! The handle of operators.

use redis::FromRedisValue;

use crate::connection::Repeat;
use crate::error::JobsError;
use crate::store::Jobs;

/// The jobs of a service as its operators see them: of all orgs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Operator {
    pub(super) jobs: Jobs,
}

impl Jobs {
    /// The jobs as operators see them, see [`operator`](super).
    #[must_use]
    pub fn operator(&self) -> Operator {
        Operator { jobs: self.clone() }
    }
}

impl Operator {
    /// Start of the service's keys.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.jobs.config().prefix
    }

    /// Runs a command that reads.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, JobsError> {
        self.jobs.connection().query(command, Repeat::Safe).await
    }
}
