//! A job as it is seen by what goes on beside its tasks.

use std::time::Duration;

use super::connection::Repeat;
use super::error::JobsError;
use super::events::check_event_id;
use super::kind::TaskContext;
use super::store::Jobs;
use super::types::{JobEvent, JobId, JobView};
use super::view::millis;

/// Values of a turn's key.
const TAKEN: &str = "taken";
const RESTING: &str = "resting";

/// A job, for work beside its tasks: it needs no lease, and so may outlive the task it was begun by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JobWatch {
    jobs: Jobs,
    org: String,
    id: JobId,
}

impl TaskContext {
    /// The job of this task.
    #[must_use]
    pub fn watch(&self) -> JobWatch {
        JobWatch { jobs: self.jobs.clone(), org: self.org.clone(), id: self.job_id }
    }
}

impl Jobs {
    /// A job to be watched; `None` when the org has no such job.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn watch(&self, org: &str, id: &JobId) -> Result<Option<JobWatch>, JobsError> {
        let watch = || JobWatch { jobs: self.clone(), org: org.to_owned(), id: *id };
        Ok(self.get(org, id).await?.map(|_| watch()))
    }
}

impl JobWatch {
    /// The job.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.id
    }

    /// The job at this moment; `None` when it is no longer kept.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn view(&self) -> Result<Option<JobView>, JobsError> {
        self.jobs.get(&self.org, &self.id).await
    }

    /// What happened to the job after the event `after`, at most `limit` events: a look at its log and no more, for those who
    /// look often. The event of the creation is not there before another one is; [`Jobs::events`] tells it.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] when `after` is not an event id; otherwise when Redis cannot be asked.
    pub async fn events(&self, after: &str, limit: usize) -> Result<Vec<JobEvent>, JobsError> {
        check_event_id(after)?;
        self.jobs.stored_events(&self.id, after, limit).await
    }

    /// True for one caller of all workers within `length`: what `name` stands for is done at most so often per job. When the
    /// connection breaks, the turn may be gone unused.
    ///
    /// # Errors
    /// When Redis cannot be asked or is full.
    pub async fn turn(&self, name: &str, length: Duration) -> Result<bool, JobsError> {
        let mut set = redis::cmd("SET");
        set.arg(self.key(name)).arg(TAKEN).arg("NX").arg("PX").arg(millis(length));
        let answer: Option<String> = self.jobs.connection().query(&set, Repeat::Never).await?;
        Ok(answer.is_some())
    }

    /// Whether somebody has a [turn](Self::turn) and has not put it to [rest](Self::rest).
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn is_taken(&self, name: &str) -> Result<bool, JobsError> {
        let mut get = redis::cmd("GET");
        get.arg(self.key(name));
        let value: Option<String> = self.jobs.connection().query(&get, Repeat::Safe).await?;
        Ok(value.as_deref() == Some(TAKEN))
    }

    /// Nobody has a [turn](Self::turn) for `length` from now on.
    ///
    /// # Errors
    /// When Redis cannot be asked or is full.
    pub async fn rest(&self, name: &str, length: Duration) -> Result<(), JobsError> {
        let mut set = redis::cmd("SET");
        set.arg(self.key(name)).arg(RESTING).arg("PX").arg(millis(length));
        self.jobs.connection().query::<String>(&set, Repeat::Safe).await.map(drop)
    }

    fn key(&self, name: &str) -> String {
        self.jobs.key("turn", format_args!("{}:{name}", self.id))
    }
}
