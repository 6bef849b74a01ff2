//! Where the load of each connection stands, and what can be asked for next.

use crate::connections::Connection;
use serde_json::Value;
use shared::contracts::api_access::{DeleteLoadedAccounts, LoadAccounts};
use shared::contracts::{ORG_ID, org_id};
use shared::jobs::{ErrorPage, JobId, JobParams, JobState, JobView, Jobs, JobsError, NewJob, OPERATOR, Workers};
use shared::salesforce::SalesforceId;

/// The last job of a connection, which says what may follow.
#[derive(Debug, Clone)]
pub(crate) enum Standing {
    /// Nothing was loaded, or it was deleted again by this job.
    Empty(Option<JobView>),
    /// A load runs or has ended.
    Loaded(JobView),
    /// What was loaded is being deleted, or could not be.
    Resetting(JobView),
    /// The connection is of another org by now than the one in which this job has ended.
    Elsewhere(JobView),
}

impl Standing {
    /// The org of a load or reset that has ended, if it was made for one.
    pub(crate) fn ended_in(&self) -> Option<SalesforceId> {
        match self {
            Self::Loaded(job) | Self::Resetting(job) if job.state.is_final() => made_for(job),
            _ => None,
        }
    }

    /// The same as it looks from the org of which the connection is now.
    pub(crate) fn seen_from(self, current: Option<SalesforceId>) -> Self {
        let moved = self.ended_in().zip(current).is_some_and(|(org, current)| org != current);
        match self {
            Self::Loaded(job) | Self::Resetting(job) if moved => Self::Elsewhere(job),
            standing => standing,
        }
    }
}

/// The org that a job was made for, whichever the connection is of by now. A job of the version before does not tell.
fn made_for(job: &JobView) -> Option<SalesforceId> {
    job.params.get(ORG_ID).and_then(Value::as_str).and_then(org_id)
}

/// What became of a request for a load or a reset.
#[derive(Debug)]
pub(crate) enum Asked {
    /// There is a job for it: this request's, or the one that another request made before.
    Started,
    /// It does not fit where the connection stands.
    NotNow(&'static str),
}

/// The loads of all connections.
#[derive(Clone)]
pub(crate) struct Loads {
    jobs: Jobs,
}

impl Loads {
    pub(crate) fn new(jobs: Jobs) -> Self {
        Self { jobs }
    }

    /// Whether any worker runs.
    pub(crate) async fn workers(&self) -> Result<Workers, JobsError> {
        self.jobs.workers().await
    }

    /// Where a connection stands.
    pub(crate) async fn standing(&self, connection: &Connection) -> Result<Standing, JobsError> {
        let last = self.jobs.list(connection.as_str(), 1, None).await?.pop();
        Ok(match last {
            None => Standing::Empty(None),
            Some(job) if job.kind == LoadAccounts::KIND => Standing::Loaded(job),
            Some(job) if job.state == JobState::Completed && job.dead_chunks == 0 && job.failed == 0 => {
                Standing::Empty(Some(job))
            }
            Some(job) => Standing::Resetting(job),
        })
    }

    /// Starts a load of `count` Accounts into this org unless there is one. Requests that come at the same time start one, because all
    /// of them name the job that came before.
    pub(crate) async fn start(
        &self,
        connection: &Connection,
        count: u32,
        org_id: Option<SalesforceId>,
        request_id: &str,
    ) -> Result<Asked, JobsError> {
        let before = match self.standing(connection).await?.seen_from(org_id) {
            Standing::Empty(before) => before,
            Standing::Elsewhere(before) => Some(before),
            Standing::Loaded(_) => return Ok(Asked::Started),
            Standing::Resetting(_) => {
                return Ok(Asked::NotNow("The last load is being deleted. Wait until that is done."));
            }
        };
        let before = before.map_or_else(|| "nothing".to_owned(), |job| job.id.to_string());
        let params = LoadAccounts { connection: connection.to_string(), count, org_id };
        self.create(connection, &params, format!("load-after:{before}"), request_id).await
    }

    /// Deletes what was loaded, once the load has ended, from the org into which it was loaded; `current` is that of the
    /// connection now.
    pub(crate) async fn reset(
        &self,
        connection: &Connection,
        current: Option<SalesforceId>,
        request_id: &str,
    ) -> Result<Asked, JobsError> {
        let load = match self.standing(connection).await?.seen_from(current) {
            Standing::Resetting(job) if !job.state.is_final() => return Ok(Asked::Started),
            standing => match resettable(&standing) {
                Ok(load) => load.clone(),
                Err(reason) => return Ok(Asked::NotNow(reason)),
            },
        };
        let org_id = made_for(&load).or(current);
        let params = DeleteLoadedAccounts { connection: connection.to_string(), org_id };
        self.create(connection, &params, format!("delete-after:{}", load.id), request_id).await
    }

    /// Cancels the load that runs.
    pub(crate) async fn cancel(&self, connection: &Connection) -> Result<Asked, JobsError> {
        match cancellable(&self.standing(connection).await?) {
            Ok(job) => {
                self.jobs.cancel(connection.as_str(), &job.id).await?;
                Ok(Asked::Started)
            }
            Err(reason) => Ok(Asked::NotNow(reason)),
        }
    }

    /// Lets the last job go on: one that waits for an authorization, or parts of it that were given up.
    pub(crate) async fn go_on(&self, connection: &Connection) -> Result<Asked, JobsError> {
        let (Standing::Loaded(job) | Standing::Resetting(job)) = self.standing(connection).await? else {
            return Ok(Asked::NotNow("There is nothing to go on with."));
        };
        if job.state.is_final() {
            self.jobs.retry(connection.as_str(), &job.id, None).await?;
        } else {
            self.jobs.resume(connection.as_str(), &job.id, None).await?;
        }
        Ok(Asked::Started)
    }

    /// The records of a job that failed, and why.
    pub(crate) async fn failures(
        &self,
        connection: &Connection,
        job: &JobId,
        offset: u64,
        limit: u64,
    ) -> Result<Option<ErrorPage>, JobsError> {
        self.jobs.errors(connection.as_str(), job, offset, limit).await
    }

    /// Why parts of a job were given up, each reason once.
    pub(crate) async fn given_up(&self, connection: &Connection, job: &JobId) -> Result<Vec<String>, JobsError> {
        let letters = self.jobs.dead_letters(connection.as_str(), job).await?.unwrap_or_default();
        let mut reasons: Vec<_> = letters.into_iter().map(|letter| letter.reason).collect();
        reasons.sort();
        reasons.dedup();
        Ok(reasons)
    }

    async fn create(
        &self,
        connection: &Connection,
        params: &impl JobParams,
        idempotency_key: String,
        request_id: &str,
    ) -> Result<Asked, JobsError> {
        // Without a session: the worker asks AppLink for it.
        let job = NewJob {
            idempotency_key: Some(idempotency_key),
            request_id: request_id.to_owned(),
            ..NewJob::of(params, connection.as_str(), OPERATOR)?
        };
        let kind = job.kind;
        match self.jobs.create(job).await {
            Ok(created) => {
                tracing::info!(job = %created.id, %connection, kind, existing = created.existing, "job asked for");
            }
            // Another request, which came at the same time, wants another number of Accounts.
            Err(JobsError::KeyReused) => tracing::info!(%connection, kind, "another request was first"),
            Err(error) => return Err(error),
        }
        Ok(Asked::Started)
    }
}

/// The load or reset after which what was loaded can be deleted; otherwise why not now.
pub(crate) fn resettable(standing: &Standing) -> Result<&JobView, &'static str> {
    match standing {
        Standing::Empty(_) => Err("There is nothing to delete."),
        Standing::Loaded(job) | Standing::Resetting(job) if job.state.is_final() => Ok(job),
        Standing::Resetting(_) => Err("It is being deleted already."),
        Standing::Loaded(_) => Err("The load is still running. Cancel it first."),
        Standing::Elsewhere(_) => Err("What was loaded is in the org of which the connection was before."),
    }
}

/// The load that can be cancelled. Cancelling one that has ended does nothing.
pub(crate) fn cancellable(standing: &Standing) -> Result<&JobView, &'static str> {
    match standing {
        Standing::Loaded(job) => Ok(job),
        Standing::Empty(_) | Standing::Resetting(_) | Standing::Elsewhere(_) => Err("There is no load to cancel."),
    }
}
