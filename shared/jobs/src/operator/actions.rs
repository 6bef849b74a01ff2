//! What operators do to jobs, and what the protocol does not let them do.

use super::actor::Actor;
use super::handle::Operator;
use super::history::OperationKind;
use super::refusal::{Refusal, Wanted};
use crate::error::JobsError;
use crate::lease::Task;
use crate::steer::{Acted, OPERATOR};
use crate::types::{JobActKind, JobId, JobState, JobView};

/// Which dead letters of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// All.
    All,
    /// That of one task.
    Of(Task),
}

impl Operator {
    /// Cancels a job.
    ///
    /// # Errors
    /// A [`Refusal`]: of a job that has ended, is in its last step, or is cancelled already, be it by somebody who was faster.
    pub async fn cancel(&self, id: &JobId, actor: &Actor) -> Result<JobView, Refusal> {
        let job = self.known(id).await?;
        let result = self.try_cancel(&job, actor).await;
        let cancelled = self.recorded(wanted(OperationKind::Cancelled, &job, actor), result).await?;
        tracing::info!(job = %id, org = %job.org, %actor, "an operator cancelled a job");
        Ok(cancelled)
    }

    async fn try_cancel(&self, job: &JobView, actor: &Actor) -> Result<JobView, Refusal> {
        let why_not = |job: &JobView| done_already(JobActKind::Cancelled, job).or_else(|| why_not_cancel(job.state));
        if let Some(reason) = why_not(job).filter(|_| !job.can_be_cancelled()) {
            return Err(Refusal::not_now(reason, job));
        }
        let acted = self.jobs.by(actor.as_str()).act_cancel(&job.org, &job.id).await?;
        changed(acted, |job| why_not(job).unwrap_or("the job was not cancelled"))
    }

    /// Lets a job go on that waits for an authorization and was made without a session: its worker asks for one.
    ///
    /// # Errors
    /// A [`Refusal`]: of a job that does not wait, or that runs with its maker's session.
    pub async fn resume(&self, id: &JobId, actor: &Actor) -> Result<JobView, Refusal> {
        let job = self.known(id).await?;
        let result = self.try_resume(&job, actor).await;
        let resumed = self.recorded(wanted(OperationKind::Resumed, &job, actor), result).await?;
        tracing::info!(job = %id, org = %job.org, %actor, "an operator resumed a job");
        Ok(resumed)
    }

    async fn try_resume(&self, job: &JobView, actor: &Actor) -> Result<JobView, Refusal> {
        let why_not = |job: &JobView| {
            done_already(JobActKind::Resumed, job).unwrap_or("the job does not wait for an authorization")
        };
        if job.state != JobState::NeedsAuthorization {
            return Err(Refusal::not_now(why_not(job), job));
        }
        self.check_free(job).await?;
        changed(self.jobs.by(actor.as_str()).act_resume(&job.org, &job.id, None).await?, why_not)
    }

    /// Puts dead letters of an ended job back, as its next run.
    ///
    /// # Errors
    /// A [`Refusal`]: of a job that has not ended, was cancelled, has no such letter, or runs with its maker's session.
    pub async fn retry(&self, id: &JobId, letters: Letters, actor: &Actor) -> Result<JobView, Refusal> {
        let job = self.known(id).await?;
        let result = self.try_retry(&job, letters, actor).await;
        let retried = self.recorded(wanted(OperationKind::Retried, &job, actor), result).await?;
        tracing::info!(job = %id, org = %job.org, %actor, ?letters, "an operator retried a job");
        Ok(retried)
    }

    async fn try_retry(&self, job: &JobView, letters: Letters, actor: &Actor) -> Result<JobView, Refusal> {
        const NO_LETTER: &str = "the job has no such dead letter";
        let why_not = |job: &JobView| {
            let reason = why_not_retry(job.state)?;
            Some(done_already(JobActKind::Retried, job).unwrap_or(reason))
        };
        if let Some(reason) = why_not(job) {
            return Err(Refusal::not_now(reason, job));
        }
        if !self.has_letter(&job.id, letters).await? {
            // Somebody else may have put it back since the job was read, and it is told who.
            let job = self.known(&job.id).await?;
            return Err(Refusal::not_now(why_not(&job).unwrap_or(NO_LETTER), &job));
        }
        self.check_free(job).await?;
        let task = match letters {
            Letters::All => None,
            Letters::Of(task) => Some(task),
        };
        let acted = self.jobs.by(actor.as_str()).act_retry(&job.org, &job.id, None, task).await?;
        changed(acted, |job| why_not(job).unwrap_or(NO_LETTER))
    }

    /// Whether a job has these dead letters, those that a retry has not put back yet among them.
    async fn has_letter(&self, id: &JobId, letters: Letters) -> Result<bool, JobsError> {
        let lists = ["dead", "again"].map(|name| self.jobs.key(name, id));
        match letters {
            Letters::All => Ok(self.ask::<u64>(redis::cmd("EXISTS").arg(&lists)).await? > 0),
            Letters::Of(Task::Finish) => Ok(false),
            Letters::Of(task) => {
                for list in lists {
                    if self.ask(redis::cmd("HEXISTS").arg(list).arg(task.to_string())).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
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

fn wanted<'a>(act: OperationKind, job: &'a JobView, actor: &'a Actor) -> Wanted<'a> {
    Wanted { act, org: &job.org, job: Some(&job.id), actor }
}

/// The job that this act changed. Of one that it did not change because somebody else was faster, `reason` says where it stands
/// now.
fn changed(acted: Option<Acted>, reason: impl FnOnce(&JobView) -> &'static str) -> Result<JobView, Refusal> {
    match acted {
        None => Err(Refusal::NoSuchJob),
        Some(Acted { job, changed: true }) => Ok(job),
        Some(Acted { job, .. }) => Err(Refusal::not_now(reason(&job), &job)),
    }
}

/// That what is wanted is so already: who repeats an act because its answer was lost must not read that it came too late.
fn done_already(act: JobActKind, job: &JobView) -> Option<&'static str> {
    job.history.last().filter(|last| last.act == act).map(|_| match act {
        JobActKind::Cancelled => "the job is cancelled already",
        JobActKind::Resumed => "the job was let go on already",
        JobActKind::Retried => "the dead letters are put back already, and the job runs again",
    })
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
