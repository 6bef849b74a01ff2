//! What becomes of a half-written Quote when this process is killed: a job for the worker, recorded before the Quote is
//! begun, removes it. The job waits until the call must have ended, and is cancelled when the Quote is complete.
//!
//! Only Quotes of several transactions have one. Without Redis they are made all the same, and what a killed process leaves
//! then is removed by the next call with the same key.

use crate::cleanup::Cleanup;
use ::web::RequestId;
use chrono::{TimeDelta, Utc};
use shared::contracts::org_action::RemoveIncomplete;
use shared::jobs::{JobId, Jobs, JobsError, NewJob};
use shared::quotes::key::JobKey;
use shared::salesforce::{SalesforceId, Session};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a call waits for Redis, of the seconds that it has.
const RECORDING: Duration = Duration::from_secs(1);

/// After the deadline of a call: its last request may still be carried out, and the process cleans up itself if it lives.
const SETTLING: Duration = Duration::from_secs(15);

/// The job of one call, if it comes to that.
pub(crate) struct Afterwards<'a> {
    jobs: &'a Jobs,
    request_id: &'a RequestId,
    session: &'a Session,
    key: &'a JobKey,
    opportunity: SalesforceId,
    /// The longest time that the call may still take.
    deadline: Duration,
    recorded: Mutex<Option<JobId>>,
}

/// What a call brings along for it.
pub(crate) struct Recorder<'a> {
    pub(crate) jobs: &'a Jobs,
    pub(crate) request_id: &'a RequestId,
}

/// Why there is no job.
#[derive(Debug, thiserror::Error)]
enum NotRecorded {
    #[error(transparent)]
    Jobs(#[from] JobsError),
    #[error("the session cannot be written")]
    Session(#[from] shared::salesforce::Error),
    #[error("Redis did not answer within {} ms", RECORDING.as_millis())]
    TooLate,
}

impl<'a> Recorder<'a> {
    /// For a call with this session.
    pub(crate) fn of_call(
        self,
        session: &'a Session,
        key: &'a JobKey,
        opportunity: SalesforceId,
        deadline: Duration,
    ) -> Afterwards<'a> {
        let Self { jobs, request_id } = self;
        Afterwards { jobs, request_id, session, key, opportunity, deadline, recorded: Mutex::default() }
    }
}

impl Afterwards<'_> {
    /// Records the job, as well as that can be done: a caller gets its Quote without Redis, too.
    pub(crate) async fn record(&self) {
        let recorded = match tokio::time::timeout(RECORDING, self.create()).await {
            Ok(recorded) => recorded,
            Err(_) => Err(NotRecorded::TooLate),
        };
        match recorded {
            Ok(id) => {
                tracing::debug!(job = %id, "recorded what removes the Quote if this process is killed");
                *self.lock() = Some(id);
            }
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::new(error));
                tracing::warn!(error, "nothing removes the incomplete Quote if this process is killed");
            }
        }
    }

    async fn create(&self) -> Result<JobId, NotRecorded> {
        let wait = TimeDelta::from_std(self.deadline + SETTLING).unwrap_or(TimeDelta::minutes(1));
        let params = RemoveIncomplete {
            opportunity_id: self.opportunity,
            quote_key: self.key.clone(),
            not_before: Utc::now() + wait,
        };
        // Without an idempotency key: a repeated call may be killed as well.
        let job = NewJob {
            session: Some(self.session.to_secret()?),
            request_id: self.request_id.as_str().to_owned(),
            ..NewJob::of(&params, self.session.org_id.as_str(), self.session.user_id.as_str())?
        };
        Ok(self.jobs.create(job).await?.id)
    }

    /// The Quote is complete, so there is nothing to remove: cancels the job in the background, and with it the session that
    /// it keeps goes. A job that stays finds nothing.
    pub(crate) fn settle(self, cleanup: &Cleanup) {
        let Some(id) = self.lock().take() else { return };
        let (jobs, org, user) = (self.jobs.clone(), self.session.org_id.to_string(), self.session.user_id.to_string());
        cleanup.also(async move {
            if let Err(error) = jobs.by(&user).cancel(&org, &id).await {
                tracing::info!(job = %id, error = ?error, "a job that has nothing to remove will run");
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Option<JobId>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
