//! What operators do, and what the protocol does not let them do.

use std::time::Duration;

use super::actor::Actor;
use super::handle::Operator;
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::lease::Task;
use crate::scripts::SCRIPTS;
use crate::steer::OPERATOR;
use crate::store::is_org;
use crate::types::{JobId, JobState, JobView};
use crate::view::millis;

/// Longest reason of a pause, in characters.
const MAX_REASON: usize = 200;
/// Longest pause by an operator.
const MAX_PAUSE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Which dead letters of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// All.
    All,
    /// That of one task.
    Of(Task),
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such job, or it is no longer kept.
    #[error("there is no such job")]
    NoSuchJob,
    /// It makes no sense where the job stands.
    #[error("{0}")]
    NotNow(String),
    /// The job runs in the name of its maker, whose session an operator does not have.
    #[error(
        "the job runs in the name of {user}, with a session that was deleted when it ended or that has expired; an operator \
         has none, so {user}, or who may manage the jobs of others, does it from Salesforce"
    )]
    NeedsOwner {
        /// Who made it.
        user: String,
    },
    /// Nothing proves the job to be as it was made.
    #[error(
        "JOB_SECRET_KEY is not set: without the key of the job's service nothing proves that the job is as it was made"
    )]
    NeedsKey,
    /// Redis cannot be asked, or the job is not as it was made.
    #[error(transparent)]
    Jobs(#[from] JobsError),
}

impl Operator {
    /// Cancels a job.
    ///
    /// # Errors
    /// A [`Refusal`]: of a job that has ended, is in its last step, or is cancelled already.
    pub async fn cancel(&self, id: &JobId, actor: &Actor) -> Result<JobView, Refusal> {
        let job = self.known(id).await?;
        if let Some(reason) = why_not_cancel(job.state) {
            return Err(Refusal::NotNow(reason.to_owned()));
        }
        let cancelled = self.jobs.by(actor.as_str()).cancel(&job.org, id).await?.ok_or(Refusal::NoSuchJob)?;
        tracing::info!(job = %id, org = %job.org, %actor, "an operator cancelled a job");
        Ok(cancelled)
    }

    /// Lets a job go on that waits for an authorization and was made without a session: its worker asks for one.
    ///
    /// # Errors
    /// A [`Refusal`]: of a job that does not wait, or that runs with its maker's session.
    pub async fn resume(&self, id: &JobId, actor: &Actor) -> Result<JobView, Refusal> {
        let job = self.known(id).await?;
        if job.state != JobState::NeedsAuthorization {
            return Err(Refusal::NotNow("the job does not wait for an authorization".to_owned()));
        }
        self.check_free(&job).await?;
        let resumed = self.jobs.by(actor.as_str()).resume(&job.org, id, None).await?.ok_or(Refusal::NoSuchJob)?;
        tracing::info!(job = %id, org = %job.org, %actor, "an operator resumed a job");
        Ok(resumed)
    }

    /// Puts dead letters of an ended job back, as its next run.
    ///
    /// # Errors
    /// A [`Refusal`]: of a job that has not ended, was cancelled, has no such letter, or runs with its maker's session.
    pub async fn retry(&self, id: &JobId, letters: Letters, actor: &Actor) -> Result<JobView, Refusal> {
        let job = self.known(id).await?;
        if let Some(reason) = why_not_retry(job.state) {
            return Err(Refusal::NotNow(reason.to_owned()));
        }
        let dead = self.jobs.dead_letters(&job.org, id).await?.unwrap_or_default();
        let number = |task| if let Task::Chunk(number) = task { Some(number) } else { None };
        let is_there = match letters {
            Letters::All => !dead.is_empty(),
            Letters::Of(Task::Finish) => false,
            Letters::Of(task) => dead.iter().any(|letter| letter.chunk == number(task)),
        };
        if !is_there {
            return Err(Refusal::NotNow("the job has no such dead letter".to_owned()));
        }
        self.check_free(&job).await?;
        let by = self.jobs.by(actor.as_str());
        let retried = match letters {
            Letters::All => by.retry(&job.org, id, None).await?,
            Letters::Of(task) => by.retry_one(&job.org, id, task, None).await?,
        };
        tracing::info!(job = %id, org = %job.org, %actor, ?letters, "an operator retried a job");
        retried.ok_or(Refusal::NoSuchJob)
    }

    /// Lets all tasks of an org rest for `length`, a week at most; what runs goes on to its end. The jobs tell the reason and
    /// who it was.
    ///
    /// # Errors
    /// A [`Refusal`]: of a name that no org has, or a length that is none.
    pub async fn pause_org(&self, org: &str, length: Duration, why: &str, actor: &Actor) -> Result<(), Refusal> {
        if !is_org(org) {
            return Err(Refusal::NotNow("an org is 1 to 64 letters, digits, '.', '_' or '-'".to_owned()));
        }
        if length < Duration::from_secs(1) || length > MAX_PAUSE {
            return Err(Refusal::NotNow("a pause lasts from a second to seven days".to_owned()));
        }
        let why: String = why.trim().chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
        let reason = if why.is_empty() { format!("paused by {actor}") } else { format!("paused by {actor}: {why}") };
        let mut script = self.jobs.script(&SCRIPTS.stop_org);
        script.arg(org).arg(millis(length)).arg(reason).arg(actor.as_str());
        self.jobs.connection().invoke::<u8>(&script, Repeat::Safe).await?;
        tracing::info!(org, %actor, seconds = length.as_secs(), "an operator paused an org");
        Ok(())
    }

    /// Ends the pause of an org, whoever began it: one that does not answer is tried at once.
    ///
    /// # Errors
    /// A [`Refusal`]: of an org that is not paused.
    pub async fn resume_org(&self, org: &str, actor: &Actor) -> Result<(), Refusal> {
        let mut script = self.jobs.script(&SCRIPTS.start_org);
        script.arg(org).arg(actor.as_str());
        // Repeated, it would find no pause any more.
        let paused: bool = self.jobs.connection().invoke(&script, Repeat::Never).await?;
        if !paused {
            return Err(Refusal::NotNow(format!("the org {org} is not paused")));
        }
        tracing::info!(org, %actor, "an operator resumed an org");
        Ok(())
    }

    /// Why this job cannot be cancelled, resumed, retried by an operator, in words; `None` for what can be done.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn why_not_go_on(&self, job: &JobView) -> Result<Option<String>, JobsError> {
        match self.check_free(job).await {
            Ok(()) => Ok(None),
            Err(Refusal::Jobs(error)) => Err(error),
            Err(refusal) => Ok(Some(refusal.to_string())),
        }
    }

    async fn known(&self, id: &JobId) -> Result<JobView, Refusal> {
        self.job(id).await?.ok_or(Refusal::NoSuchJob)
    }

    /// Refuses a job that an operator cannot let go on.
    async fn check_free(&self, job: &JobView) -> Result<(), Refusal> {
        let fields = redis::cmd("HMGET").arg(self.jobs.key("job", job.id)).arg(&["with_session", "user"]).to_owned();
        let (with_session, user): (Option<u8>, Option<String>) = self.ask(&fields).await?;
        let user = user.unwrap_or_else(|| "its maker".to_owned());
        // Jobs of a version that did not note it have a session when a user made them.
        if with_session.is_some() || user != OPERATOR {
            return Err(Refusal::NeedsOwner { user });
        }
        if self.jobs.config().secret_key.is_none() {
            return Err(Refusal::NeedsKey);
        }
        Ok(())
    }
}

/// Why a job in this state is not cancelled; `None` when it is.
pub(super) fn why_not_cancel(state: JobState) -> Option<&'static str> {
    match state {
        JobState::Queued | JobState::Running | JobState::NeedsAuthorization => None,
        JobState::Cancelling => Some("the job is cancelled already; tasks that had started are ending"),
        JobState::Finishing => Some("it is too late: all chunks have ended, and the last step is due or runs"),
        JobState::Completed | JobState::Cancelled | JobState::Failed => Some("the job has ended"),
    }
}

/// Why the dead letters of a job in this state are not put back; `None` when they are.
pub(super) fn why_not_retry(state: JobState) -> Option<&'static str> {
    match state {
        JobState::Completed | JobState::Failed => None,
        JobState::Cancelled => Some("a cancelled job is not retried: what it dropped is gone"),
        _ => Some("the job has not ended yet; its dead letters can be put back then"),
    }
}

impl JobView {
    /// Whether an operator may cancel it where it stands.
    #[must_use]
    pub fn can_be_cancelled(&self) -> bool {
        why_not_cancel(self.state).is_none()
    }

    /// Whether its dead letters, if it has any, may be put back where it stands.
    #[must_use]
    pub fn can_be_retried(&self) -> bool {
        why_not_retry(self.state).is_none()
    }
}
