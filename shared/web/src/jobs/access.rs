//! Who may see and steer a job: its maker, and whoever may manage the jobs of others. For anybody else it does not exist.
//!
//! The right to manage jobs of others is a custom permission of the org. It is asked for when a user wants more than their
//! own jobs, and remembered with the session for a while.

use super::error::{job_error, unknown_job};
use crate::client_context::Caller;
use crate::upstream::salesforce_error;
use crate::{ApiError, WaitingCalls};
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use shared::config::Reader;
use shared::jobs::{JobId, JobView, Jobs};
use shared::salesforce::{
    Client, ClientSettings, ErrorKind, FixedSession, HttpSettings, HttpSetupError, RetryPolicy, Session, http_client,
    soql,
};
use shared::telemetry::client_settings;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Name of the custom permission in `salesforce/`.
const PERMISSION: &str = "ManageQuoteJobs";
/// How long an answer of the org counts: a permission that was taken away ends after this time.
const MEMORY: Duration = Duration::from_secs(5 * 60);
/// Answers kept at most.
const MOST_KNOWN: usize = 10_000;
/// Longest wait for the org's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who has to do with the jobs of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobAccessSettings {
    /// All users of the org see and steer all its jobs (`JOB_ACCESS=org`), instead of the maker alone (`maker`).
    pub whole_org: bool,
    /// Custom permission that lets its holders see and steer the jobs of others (`JOB_PERMISSION`).
    pub permission: String,
}

impl JobAccessSettings {
    /// Reads the settings.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `JOB_ACCESS` | `maker` | `maker`: users see and steer their own jobs; `org`: all jobs of their org |
    /// | `JOB_PERMISSION` | `ManageQuoteJobs` | custom permission whose holders see and steer the jobs of others |
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let whole_org = reader.parsed("JOB_ACCESS", "maker or org", |text| match text {
            "maker" => Some(false),
            "org" => Some(true),
            _ => None,
        });
        let permission = reader.parsed("JOB_PERMISSION", "the API name of a custom permission", |text| {
            let name = text.len() <= 80 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            name.then(|| text.to_owned())
        });
        Self { whole_org: whole_org.unwrap_or(false), permission: permission.unwrap_or_else(|| PERMISSION.to_owned()) }
    }
}

/// Decides who may see and steer which job. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct JobAccess(Arc<Inner>);

struct Inner {
    settings: JobAccessSettings,
    http: reqwest::Client,
    calls: WaitingCalls,
    known: Mutex<HashMap<Asked, (Instant, bool)>>,
}

/// Org, user, and digest of the token: what an answer belongs to.
type Asked = (String, String, [u8; 32]);

impl JobAccess {
    /// Over a new HTTP client; a question to an org is one of `calls`.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(settings: JobAccessSettings, calls: WaitingCalls) -> Result<Self, HttpSetupError> {
        let http = http_client(&HttpSettings::default())?;
        Ok(Self(Arc::new(Inner { settings, http, calls, known: Mutex::default() })))
    }

    /// A job that the caller may see and steer.
    ///
    /// # Errors
    /// 404 for every other job; 503 when the store does not answer, or the org, which has to be asked about the jobs of
    /// others; 429 when too many callers wait for its answer; 401 when it no longer takes the caller's session.
    pub async fn job(&self, jobs: &Jobs, caller: &Caller, id: &JobId) -> Result<JobView, ApiError> {
        let job = jobs.get(caller.org_id().as_str(), id).await.map_err(job_error)?.ok_or_else(unknown_job)?;
        let own = match &job.created_by {
            Some(maker) => maker == caller.user_id(),
            // Made by a version that did not record its makers: all of the org could do that then.
            None => true,
        };
        if own || self.manages(caller).await? { Ok(job) } else { Err(unknown_job()) }
    }

    /// Whether the caller may see and steer the jobs of others.
    ///
    /// # Errors
    /// As [`job`](Self::job), but 404.
    pub async fn manages(&self, caller: &Caller) -> Result<bool, ApiError> {
        if self.0.settings.whole_org {
            return Ok(true);
        }
        let session = &caller.session;
        let digest = Sha256::digest(session.access_token.expose_secret()).into();
        let asked = (session.org_id.to_string(), session.user_id.to_string(), digest);
        let known = self.known().get(&asked).copied();
        if let Some((since, granted)) = known
            && since.elapsed() < MEMORY
        {
            return Ok(granted);
        }
        let granted = self.ask(session).await?;
        let mut known = self.known();
        if known.len() >= MOST_KNOWN {
            known.retain(|_, (since, _)| since.elapsed() < MEMORY);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
        }
        known.insert(asked, (Instant::now(), granted));
        Ok(granted)
    }

    /// Asks the org. `UserSetupEntityAccess` has the custom permissions of the running user, and every user may read it
    /// (Object Reference, since API version 48.0); `CustomPermission` and `SetupEntityAccess` are for administrators.
    async fn ask(&self, session: &Session) -> Result<bool, ApiError> {
        let call = self.0.calls.admit(session.org_id.as_str())?;
        let retry = RetryPolicy { max_attempts: 2, total: PATIENCE, ..RetryPolicy::default() };
        let settings = ClientSettings { attempt_timeout: PATIENCE, retry, ..client_settings() };
        let client = Client::new(self.0.http.clone(), Arc::new(FixedSession(session.clone())), settings);
        let name = soql::quote(&self.0.settings.permission);
        let query = format!("SELECT DeveloperName FROM UserSetupEntityAccess WHERE DeveloperName = {name}");
        let page = client.query_page::<IgnoredAny>(&query).await;
        call.end(page.as_ref().err());
        match page {
            Ok(page) => Ok(!page.records.is_empty()),
            // An org that does not answer the question grants nothing.
            Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Forbidden) => {
                tracing::warn!(%error, "the org does not tell its users' custom permissions");
                Ok(false)
            }
            Err(error) => Err(salesforce_error(error)),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Asked, (Instant, bool)>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for JobAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobAccess").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
