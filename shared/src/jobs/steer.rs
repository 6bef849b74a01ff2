//! What people do to jobs: cancel, resume, retry. Each is recorded with who did it.

use std::time::Duration;

use redis::{Script, ScriptInvocation};
use secrecy::SecretString;

use super::connection::Repeat;
use super::error::{JobsError, Limit};
use super::scripts::SCRIPTS;
use super::seal::SealedFor;
use super::store::Jobs;
use super::types::{JobId, JobView};
use super::view::millis;

/// Who acts where a service has no users but one: who holds its token or password.
pub const OPERATOR: &str = "operator";

/// Most dead letters that a script puts back: it takes some ms for so many.
const MAX_PUT_BACK: u32 = 500;

/// When to ask again for a retry that would be one open job too many.
const RETRY_AFTER_OPEN: Duration = Duration::from_secs(30);

/// Longest name of somebody who makes a job or acts on one.
const MAX_USER_BYTES: usize = 64;

/// Jobs in the hands of somebody, whose name stands in the [history](JobView::history) of what they do.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    jobs: &'a Jobs,
    user: &'a str,
}

/// The fields of a job that its sealed session is bound to.
type Bound = (Option<String>, Option<String>, Option<String>);

impl Jobs {
    /// The jobs in the hands of `user`: a user's id, or a role such as [`OPERATOR`]. Who may do it is the caller's to
    /// check.
    #[must_use]
    pub fn by<'a>(&'a self, user: &'a str) -> By<'a> {
        By { jobs: self, user }
    }
}

impl By<'_> {
    /// See [`Jobs::cancel`].
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn cancel(&self, org: &str, id: &JobId) -> Result<Option<JobView>, JobsError> {
        check_user(self.user)?;
        if self.jobs.get(org, id).await?.is_none() {
            return Ok(None);
        }
        let mut script = self.jobs.script(&SCRIPTS.cancel);
        script.arg(id.to_string()).arg(self.user);
        self.jobs.connection().invoke::<()>(&script, Repeat::Safe).await?;
        self.jobs.get(org, id).await
    }

    /// See [`Jobs::resume`].
    ///
    /// # Errors
    /// When Redis cannot be asked or is full.
    pub async fn resume(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        let Some(script) = self.go_on(&SCRIPTS.resume, org, id, session.as_ref()).await? else { return Ok(None) };
        // Repeated, it finds the job not held, and changes nothing.
        self.jobs.connection().invoke::<()>(&script, Repeat::Safe).await?;
        self.jobs.get(org, id).await
    }

    /// See [`Jobs::retry`].
    ///
    /// # Errors
    /// When Redis cannot be asked or is full.
    pub async fn retry(
        &self,
        org: &str,
        id: &JobId,
        session: Option<SecretString>,
    ) -> Result<Option<JobView>, JobsError> {
        let Some(mut script) = self.go_on(&SCRIPTS.retry, org, id, session.as_ref()).await? else { return Ok(None) };
        let config = self.jobs.config();
        script.arg(config.max_outstanding_chunks.min(MAX_PUT_BACK)).arg(config.max_open_jobs);
        // Repeated, it finds the job not ended, and changes nothing.
        let letters: i64 = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        if letters < 0 {
            let limit = Limit::Open(config.max_open_jobs);
            return Err(JobsError::Limited { limit, retry_after: RETRY_AFTER_OPEN });
        }
        self.jobs.get(org, id).await
    }

    /// A call of a script that lets a job go on; `None` when there is no such job.
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
        script.arg(id.to_string()).arg(sealed).arg(millis(jobs.config().session_ttl)).arg(self.user);
        Ok(Some(script))
    }

    /// Seals a session for the job as it stands in Redis. Empty bytes stand for no session, `None` for no job.
    async fn seal(&self, org: &str, id: &JobId, session: Option<&SecretString>) -> Result<Option<Vec<u8>>, JobsError> {
        let Some(session) = session else { return Ok(Some(Vec::new())) };
        let command = redis::cmd("HMGET").arg(self.jobs.key("job", id)).arg(&["kind", "user", "params"]).to_owned();
        let (kind, user, params): Bound = self.jobs.connection().query(&command, Repeat::Safe).await?;
        let apart = redis::cmd("GET").arg(self.jobs.key("params", id)).to_owned();
        // The version before kept the parameters in the job.
        let params = self.jobs.connection().query::<Option<String>>(&apart, Repeat::Safe).await?.or(params);
        let (Some(kind), Some(params)) = (kind, params) else { return Ok(None) };
        let user = user.unwrap_or_default();
        let config = self.jobs.config();
        let job = SealedFor { service: &config.prefix, job: id, org, kind: &kind, user: &user, params: &params };
        config.secret_key.seal(&job, session).map(Some)
    }
}

/// Users are parts of keys, so what they are made of is narrow.
pub(super) fn check_user(user: &str) -> Result<(), JobsError> {
    let narrow = (1..=MAX_USER_BYTES).contains(&user.len())
        && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if narrow {
        return Ok(());
    }
    Err(JobsError::Invalid("the user must be 1 to 64 letters, digits, '.', '_' or '-'".to_owned()))
}
