//! What a service writes to have a kind of job run: [`JobKind`] and what goes in and out of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::error::JobsError;
use super::handed::Handed;
use super::lease::Lease;
use super::params::{JobParams, Kind};
use super::store::Jobs;
use super::types::{DeadLetter, JobId, JobState, JobView, RecordError};

/// How long a task waits whose parameters are of a later version than its code, which a worker does not claim.
const LATER_VERSION_WAIT: Duration = Duration::from_secs(30);

/// A kind of job. A worker calls it; every call may be repeated after a crash, so what it does must be idempotent.
///
/// A call ends early, with any result, once [`TaskContext::cancelled`] is cancelled.
pub trait JobKind: Send + Sync {
    /// Which jobs it runs: those with this name, written in this version or one before. [`Kind::of`] takes both from the
    /// type of the parameters.
    fn kind(&self) -> Kind;

    /// Name that [`NewJob::kind`](super::NewJob::kind) refers to.
    fn name(&self) -> &'static str {
        self.kind().name
    }

    /// Plans one page of chunks after `cursor` (`None` at the start). Chunks and cursor are stored in one step.
    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>>;

    /// Runs one chunk. Its report is counted once, however often the chunk runs.
    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>>;

    /// Whether the job's owner answers, for a job whose owner did not. A worker asks this before it runs any of the owner's
    /// tasks again, and gives no slot for it, so it must be short: at most `limit`, and next to no work. `None` when there is
    /// no way to ask but to run a task.
    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        let _ = (cx, limit);
        None
    }

    /// The last step of a run of the job, at least once, after all its chunks. The job's state becomes final after
    /// it, even when it fails for good. [`JobView::run`] and the id make a key for receivers to tell repeats by.
    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>>;
}

/// What a [look](JobKind::look) at a job's owner has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It answers. All its tasks may run.
    Answers,
    /// It does not. For people, why; no secrets. All its tasks rest, longer each time.
    Silent(String),
    /// It could not be asked. The task runs, and tries it.
    Unknown,
}

/// One page of planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanStep {
    /// New chunks, in the order they shall run.
    pub chunks: Vec<NewChunk>,
    /// Where the next page starts.
    pub cursor: String,
    /// True when there is no next page.
    pub done: bool,
}

/// A chunk to be run later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChunk {
    /// What [`JobKind::run`] needs to find the records. Ids or id ranges, no secrets; short, because Redis holds
    /// [`max_outstanding_chunks`](super::JobsConfig::max_outstanding_chunks) of them per job.
    pub payload: String,
    /// Records in it.
    pub records: u64,
}

/// A chunk to be run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// 0, 1, 2, … in the order of planning.
    pub number: u64,
    /// As planned.
    pub payload: String,
    /// As planned.
    pub records: u64,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkReport {
    /// Records dealt with.
    pub processed: u64,
    /// Of them, records that went well.
    pub succeeded: u64,
    /// Of them, records that needed nothing.
    pub skipped: u64,
    /// Of them, records with an error.
    pub failed: u64,
    /// The errors.
    pub errors: Vec<RecordError>,
    /// Added to the job's counters of the same names.
    pub counters: BTreeMap<String, u64>,
}

/// When the org of a task last answered anything while it ran. Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<watch::Sender<Option<Instant>>>);

impl Heard {
    /// It has, just now.
    pub fn set(&self) {
        self.0.send_replace(Some(Instant::now()));
    }

    pub(super) fn is_set(&self) -> bool {
        self.last().is_some()
    }

    pub(super) fn last(&self) -> Option<Instant> {
        *self.0.borrow()
    }

    /// Waits until it has.
    pub(super) async fn wait(&self) {
        // The sender is `self`, so it cannot be gone.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }
}

/// What a task may know and use.
pub struct TaskContext {
    /// The job.
    pub job_id: JobId,
    /// Its owner.
    pub org: String,
    /// Who made it: a user's id or a role; empty when that was not recorded. The session may be another user's, who let
    /// the job go on.
    pub user: String,
    /// Name of its kind.
    pub kind: String,
    /// Version of the kind that its parameters were written in.
    pub version: u32,
    /// As given at creation; [`params`](Self::params) reads them.
    pub(super) params: Value,
    /// Request that asked for the job.
    pub request_id: String,
    /// The job's session; `None` when it was given none, or when it has expired.
    pub session: Option<SecretString>,
    /// 1 when the task runs for the first time. More: an earlier run had an unknown or partial effect.
    pub delivery: u32,
    /// 1, and one more with each retry of the job.
    pub run: u32,
    /// Cancelled when the job is cancelled, the lease is lost, or the worker must stop.
    pub cancelled: CancellationToken,
    /// To be told whenever the job's org has answered anything; see [`TaskError::Silent`] and
    /// [`WorkerSettings::stuck_after`](super::WorkerSettings::stuck_after).
    pub heard: Heard,
    /// The trace that the job belongs to, as `trace` wrote it.
    pub(super) trace: Option<String>,
    pub(super) handed: Handed,
    pub(super) lease: Lease,
    pub(super) jobs: Jobs,
}

impl TaskContext {
    /// The parameters of the job.
    ///
    /// # Errors
    /// [`TaskError::Fail`] when they are another kind's or not of their form; [`TaskError::Later`] when they are of a version
    /// that `P` does not know, for which another worker is needed.
    pub fn params<P: JobParams>(&self) -> Result<P, TaskError> {
        let Kind { name, version } = Kind::of::<P>();
        if self.kind != name {
            let reason = format!("these are parameters of the kind {:?}, not of {name:?}", self.kind);
            return Err(TaskError::Fail { reason });
        }
        if self.version > version {
            let reason =
                format!("the parameters are of version {}, and this worker reads them up to {version}", self.version);
            return Err(TaskError::Later { reason, wait: LATER_VERSION_WAIT });
        }
        P::read(self.params.clone(), self.version)
            .map_err(|error| TaskError::Fail { reason: format!("the parameters of the job cannot be read: {error}") })
    }

    /// One of the parameters by its name in JSON, whatever the job's kind and version.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.params.get(name)
    }

    /// Remembers `name` for the job, for good: call it before a side effect that a later run must know of.
    ///
    /// # Errors
    /// [`JobsError::LeaseLost`] when another worker has the task; then leave the side effect undone.
    pub async fn set_flag(&self, name: &str) -> Result<(), JobsError> {
        self.remember(name, "1").await
    }

    /// As [`set_flag`](Self::set_flag), with a value for later tasks of the job. No secrets; short.
    ///
    /// # Errors
    /// As [`set_flag`](Self::set_flag).
    pub async fn remember(&self, name: &str, value: &str) -> Result<(), JobsError> {
        self.jobs.tasks().remember(&self.lease, name, value).await
    }

    /// Remembers a value for all tasks of the job, unless one of them has remembered another; gives the one that counts.
    ///
    /// # Errors
    /// As [`set_flag`](Self::set_flag) and [`recall`](Self::recall).
    pub async fn settle(&self, name: &str, value: &str) -> Result<String, JobsError> {
        self.jobs.tasks().settle(&self.lease, name, value).await
    }

    /// True when [`set_flag`](Self::set_flag) was called with `name` by any task of the job.
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    pub async fn flag(&self, name: &str) -> Result<bool, JobsError> {
        Ok(self.recall(name).await?.is_some())
    }

    /// The last value that any task of the job gave to [`remember`](Self::remember) for `name`.
    ///
    /// # Errors
    /// [`JobsError::Unproven`] when it was changed in Redis; otherwise when Redis cannot be asked.
    pub async fn recall(&self, name: &str) -> Result<Option<String>, JobsError> {
        self.jobs.tasks().flag(&self.job_id, name).await
    }

    /// All that tasks of the job gave to [`remember`](Self::remember), by name.
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    pub async fn recall_all(&self) -> Result<BTreeMap<String, String>, JobsError> {
        self.jobs.tasks().flags(&self.job_id).await
    }

    /// True when the job is being cancelled: tells this reason of [`cancelled`](Self::cancelled) from those for which
    /// the task runs again elsewhere.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn is_job_cancelled(&self) -> Result<bool, JobsError> {
        let job = self.jobs.get(&self.org, &self.job_id).await?;
        Ok(job.is_some_and(|job| job.state == JobState::Cancelling))
    }

    /// The first errors of the job's records, at most `limit`.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn record_errors(&self, limit: u64) -> Result<Vec<RecordError>, JobsError> {
        let page = self.jobs.errors(&self.org, &self.job_id, 0, limit).await?;
        Ok(page.map(|page| page.errors).unwrap_or_default())
    }

    /// The tasks of the job that were given up.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, JobsError> {
        Ok(self.jobs.dead_letters(&self.org, &self.job_id).await?.unwrap_or_default())
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext").field("lease", &self.lease).field("org", &self.org).finish_non_exhaustive()
    }
}

/// Why a task did not succeed, and what shall become of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// Runs again after a while; a dead letter after too many attempts.
    #[error("{reason}")]
    Retry {
        /// For people; no secrets.
        reason: String,
        /// Wait at least so long; without it, longer with each attempt.
        after: Option<Duration>,
    },
    /// Runs again after a while, however often: it waits for something outside. Costs the task no attempt.
    #[error("{reason}")]
    Later {
        /// For people; no secrets.
        reason: String,
        /// For how long.
        wait: Duration,
    },
    /// All tasks of the org rest. Costs the task no attempt.
    #[error("{reason}")]
    PauseOrg {
        /// For people; no secrets.
        reason: String,
        /// For how long.
        wait: Duration,
    },
    /// The org does not answer, or cannot be reached. All its tasks rest, longer each time; then one tries the org for all,
    /// and the others go on when it is [heard](TaskContext::heard). Costs the task an attempt only if it had heard the org
    /// before.
    #[error("{reason}")]
    Silent {
        /// For people; no secrets.
        reason: String,
    },
    /// The job stops until it gets a valid session. Costs the task no attempt.
    #[error("{reason}")]
    NeedsAuthorization {
        /// For people; no secrets.
        reason: String,
    },
    /// Running it again is no use: a dead letter at once.
    #[error("{reason}")]
    Fail {
        /// For people; no secrets.
        reason: String,
    },
}

impl From<JobsError> for TaskError {
    /// Trouble with Redis inside a task is worth another try; what was changed there stays so.
    fn from(error: JobsError) -> Self {
        let reason = error.to_string();
        match error {
            JobsError::Unproven(_) => Self::Fail { reason },
            _ => Self::Retry { reason, after: None },
        }
    }
}
