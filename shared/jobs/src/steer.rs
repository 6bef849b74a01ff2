//! What people do to jobs: cancel, resume, retry. Each is recorded with who did it.

use std::time::Duration;

use redis::{Script, ScriptInvocation};
use secrecy::SecretString;
use uuid::Uuid;

use super::connection::Repeat;
use super::error::{JobsError, Limit, Unproven};
use super::lease::Task;
use super::scripts::SCRIPTS;
use super::seal::SealedFor;
use super::store::{Jobs, check_user};
use super::types::{JobId, JobView};
use super::view::millis;

/// Who acts where a service has no users but one: who holds its token or password.
pub const OPERATOR: &str = "operator";

/// Most dead letters that a script puts back: it takes some ms for this many.
const MAX_PUT_BACK: u32 = 500;

/// When to ask again for a retry that would be one open job too many.
const RETRY_AFTER_OPEN: Duration = Duration::from_secs(30);

/// Jobs in the hands of somebody, whose name stands in the [history](JobView::history) of what they do.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    jobs: &'a Jobs,
    user: &'a str,
}

/// A job after somebody has acted on it.
#[derive(Debug)]
pub(super) struct Acted {
    /// How it is now.
    pub(super) job: JobView,
    /// Whether it was this act that changed it; otherwise it was not, or no longer, in a state in which the act makes sense.
    pub(super) changed: bool,
}

/// Kind, user, parameters, proof, and the length of parameters that are gone: what is proven and sealed of a job.
type Bound = (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

impl Jobs {
    /// The jobs in the hands of `user`: a user's id, or a role such as [`OPERATOR`]. Who may do it is the caller's to
    /// check.
    #[must_use]
    pub fn by<'a>(&'a self, user: &'a str) -> By<'a> {
        By { jobs: self, user }
    }

    /// Cancels a job, as the [`OPERATOR`]. What has not started is dropped at once; what runs is told to stop. The job ends
    /// as cancelled then, also when all of it had started and comes to its end. A job that is finishing or has ended stays
    /// as it is, and ends as it would have; only when its last step waits for authorization does it end, as cancelled,
    /// without that step. [`Jobs::by`] does it as somebody else.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn cancel(&self, org: &str, id: &JobId) -> Result<Option<JobView>, JobsError> {
        self.by(OPERATOR).cancel(org, id).await
    }

    /// Lets a job go on that [`needs authorization`](super::JobState::NeedsAuthorization), as the [`OPERATOR`], with a new
    /// session if one is given. Any other job stays as it is.
    ///
    /// # Errors
    /// [`JobsError::Unproven`] when the job is not as it was made; otherwise when Redis cannot be asked or is full.
    pub async fn resume(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        self.by(OPERATOR).resume(org, id, session).await
    }

    /// Puts the dead letters of a completed or failed job back, as its next run, as the [`OPERATOR`], with a new session if
    /// one is given (that of the last run is gone). Of very many, some are put back at once, and others as these end. Any
    /// other job stays as it is.
    ///
    /// # Errors
    /// [`JobsError::Limited`] when the org has as many open jobs as it may; [`JobsError::Unproven`] when the job is not as it
    /// was made; otherwise when Redis cannot be asked or is full.
    pub async fn retry(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        self.by(OPERATOR).retry(org, id, session).await
    }
}

impl By<'_> {
    /// See [`Jobs::cancel`].
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn cancel(&self, org: &str, id: &JobId) -> Result<Option<JobView>, JobsError> {
        Ok(self.act_cancel(org, id).await?.map(|acted| acted.job))
    }

    pub(super) async fn act_cancel(&self, org: &str, id: &JobId) -> Result<Option<Acted>, JobsError> {
        check_user(self.user)?;
        if self.jobs.get(org, id).await?.is_none() {
            return Ok(None);
        }
        let mut script = self.jobs.script(&SCRIPTS.cancel);
        script.arg(id.to_string()).arg(self.user).arg(once());
        let changed = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        self.acted(org, id, changed).await
    }

    /// The job after an act.
    async fn acted(&self, org: &str, id: &JobId, changed: bool) -> Result<Option<Acted>, JobsError> {
        Ok(self.jobs.get(org, id).await?.map(|job| Acted { job, changed }))
    }

    /// See [`Jobs::resume`].
    ///
    /// # Errors
    /// As there.
    pub async fn resume(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        Ok(self.act_resume(org, id, session).await?.map(|acted| acted.job))
    }

    pub(super) async fn act_resume(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<Acted>, JobsError> {
        let Some(script) = self.go_on(&SCRIPTS.resume, org, id, session.as_ref()).await? else { return Ok(None) };
        let changed = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        self.acted(org, id, changed).await
    }

    /// See [`Jobs::retry`].
    ///
    /// # Errors
    /// As there.
    pub async fn retry(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        Ok(self.act_retry(org, id, session.as_ref(), None).await?.map(|acted| acted.job))
    }

    /// As [`Jobs::retry`], for the dead letter of one task; the others stay what they are.
    ///
    /// # Errors
    /// As there.
    pub async fn retry_one(
        &self,
        org: &str,
        id: &JobId,
        task: Task,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        Ok(self.act_retry(org, id, session.as_ref(), Some(task)).await?.map(|acted| acted.job))
    }

    /// The same of one task, or of all.
    pub(super) async fn act_retry(
        &self,
        org: &str,
        id: &JobId,
        session: Option<&SecretString>,
        task: Option<Task>,
    ) -> Result<Option<Acted>, JobsError> {
        let Some(mut script) = self.go_on(&SCRIPTS.retry, org, id, session).await? else { return Ok(None) };
        let config = self.jobs.config();
        script.arg(config.max_outstanding_chunks.min(MAX_PUT_BACK)).arg(config.max_open_jobs);
        script.arg(task.map(|task| task.to_string()).unwrap_or_default());
        let letters: i64 = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        if letters < 0 {
            let limit = Limit::Open(config.max_open_jobs);
            return Err(JobsError::Limited { limit, retry_after: RETRY_AFTER_OPEN });
        }
        self.acted(org, id, letters > 0).await
    }

    /// A call of a script that lets a job go on; `None` when there is no such job. A job that is not as it was made does not go
    /// on.
    async fn go_on<'s>(
        &self,
        script: &'s Script,
        org: &str,
        id: &JobId,
        session: Option<&SecretString>,
    ) -> Result<Option<ScriptInvocation<'s>>, JobsError> {
        check_user(self.user)?;
        let jobs = self.jobs;
        if jobs.get(org, id).await?.is_none() {
            return Ok(None);
        }
        let Some(sealed) = self.seal(org, id, session).await? else { return Ok(None) };
        let mut script = jobs.script(script);
        script.arg(id.to_string()).arg(sealed).arg(millis(jobs.config().session_ttl)).arg(self.user).arg(once());
        Ok(Some(script))
    }

    /// Seals a session for the job as it was made. Empty bytes stand for no session, `None` for no job.
    async fn seal(&self, org: &str, id: &JobId, session: Option<&SecretString>) -> Result<Option<Vec<u8>>, JobsError> {
        let fields = ["kind", "user", "params", "proof", "params_bytes"];
        let command = redis::cmd("HMGET").arg(self.jobs.key("job", id)).arg(&fields).to_owned();
        let (kind, user, params, proof, omitted): Bound = self.jobs.connection().query(&command, Repeat::Safe).await?;
        let apart = redis::cmd("GET").arg(self.jobs.key("params", id)).to_owned();
        // The version before kept the parameters in the job.
        let params = self.jobs.connection().query::<Option<String>>(&apart, Repeat::Safe).await?.or(params);
        let Some(kind) = kind else { return Ok(None) };
        let params = match (params, omitted) {
            (Some(params), _) => params,
            // It has ended, and cannot be retried: the scripts leave it as it is.
            (None, Some(_)) => return Ok(Some(Vec::new())),
            (None, None) => return Err(JobsError::Unproven(Unproven::Job)),
        };
        let user = user.unwrap_or_default();
        let config = self.jobs.config();
        let job = SealedFor { service: &config.prefix, job: id, org, kind: &kind, user: &user, params: &params };
        job.check(&config.secret_key, proof.as_deref()).map_err(|unproven| {
            tracing::error!(job = %id, %unproven, "the job does not go on");
            JobsError::Unproven(unproven)
        })?;
        session.map_or_else(|| Ok(Vec::new()), |session| config.secret_key.seal(&job, session)).map(Some)
    }
}

/// Tells one call of a script from all others, also where it is repeated because its answer was lost.
fn once() -> String {
    Uuid::now_v7().simple().to_string()
}
