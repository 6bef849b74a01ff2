//! One job and its states.

mod view;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::dialect::Dialect;
use super::outcomes::Outcomes;
use super::records::Records;
use super::results::Results;
use super::spec::{Change, IngestSpec, QuerySpec};
use super::spool::Spool;
use super::table::Table;
use super::{Failure, refused};
use crate::cdc::Origin;
use crate::error::ApiError;
use crate::faults::RecordError;

/// A job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

/// What a job is to do.
#[derive(Debug)]
pub(crate) enum Work {
    Ingest(IngestSpec),
    Query(QueryWork),
}

/// What a query job is to do.
#[derive(Debug)]
pub(crate) struct QueryWork {
    pub(crate) spec: QuerySpec,
    /// API name of the object in `FROM`.
    pub(crate) object: String,
}

/// Who creates a job.
#[derive(Debug, Clone)]
pub(crate) struct Creator {
    /// Id of the user.
    pub(crate) user_id: String,
    /// Version of the API, such as `62.0`.
    pub(crate) api_version: String,
    /// Whether duplicate rules are not to be applied to the job's records.
    pub(crate) allow_duplicates: bool,
    /// The injected error of the job's records.
    pub(crate) fault: Option<RecordError>,
    /// Where the job's changes come from, for their events.
    pub(crate) origin: Origin,
}

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(crate) creator: Creator,
    pub(crate) work: Work,
    created: DateTime<Utc>,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    state: State,
    changed: DateTime<Utc>,
    /// Uploads, of which a job takes one only.
    uploads: u32,
    contents: Option<Arc<Spool>>,
    fault: Option<RecordError>,
    processed: u64,
    failed: u64,
    began: Option<Instant>,
    total: Duration,
    /// Time in the store.
    active: Duration,
    error: Option<String>,
    /// Whether rows are being processed, which may be so for a moment after an abort.
    running: bool,
    output: Output,
}

/// What a job leaves behind.
#[derive(Debug, Clone, Default)]
pub(crate) enum Output {
    #[default]
    Nothing,
    Rows(Arc<Results>),
    Table(Arc<Table>),
    Records(Arc<Records>),
    Outcomes(Arc<Outcomes>),
}

/// Rows, and milliseconds of work.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) processed: u64,
    pub(crate) failed: u64,
    pub(crate) total: u64,
    /// In the store.
    pub(crate) active: u64,
}

/// What one step of the work did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Advance {
    pub(crate) processed: u64,
    pub(crate) failed: u64,
    pub(crate) active: Duration,
}

impl Job {
    pub(super) fn new(id: String, creator: Creator, work: Work) -> Self {
        let created = Utc::now();
        let state = match work {
            Work::Ingest(_) => State::Open,
            Work::Query(_) => State::UploadComplete,
        };
        let fault = creator.fault.clone();
        let progress = Mutex::new(Progress {
            state,
            changed: created,
            uploads: 0,
            contents: None,
            fault,
            processed: 0,
            failed: 0,
            began: None,
            total: Duration::ZERO,
            active: Duration::ZERO,
            error: None,
            running: false,
            output: Output::Nothing,
        });
        Self { id, creator, work, created, progress }
    }

    pub(crate) fn state(&self) -> State {
        self.progress().state
    }

    /// How the job's CSV is written.
    pub(crate) fn dialect(&self) -> Dialect {
        match &self.work {
            Work::Ingest(spec) => spec.dialect,
            Work::Query(query) => query.spec.dialect,
        }
    }

    /// Takes the contents of an open job. A second upload is taken too, and makes it impossible to close the job, as in a
    /// real org.
    ///
    /// # Errors
    /// `INVALIDJOBSTATE` when the job is not open.
    pub(crate) fn upload(&self, contents: Spool, fault: Option<RecordError>) -> Result<(), ApiError> {
        let mut progress = self.progress();
        progress.check_open()?;
        progress.uploads += 1;
        progress.contents = Some(Arc::new(contents));
        progress.fault = fault.or(progress.fault.take());
        Ok(())
    }

    /// Takes contents that others keep, too.
    ///
    /// # Errors
    /// `INVALIDJOBSTATE` when the job is not open.
    pub(super) fn hold(&self, contents: Arc<Spool>) -> Result<(), ApiError> {
        let mut progress = self.progress();
        progress.check_open()?;
        progress.contents = Some(contents);
        Ok(())
    }

    /// Ends a job that has not begun, because of a failure.
    pub(crate) fn fail(&self, failure: Failure) {
        let mut progress = self.progress();
        if matches!(progress.state, State::Open | State::UploadComplete) {
            progress.enter(State::Failed);
            progress.error = Some(failure);
        }
    }

    /// Closes or aborts the job.
    ///
    /// # Errors
    /// `INVALIDJOBSTATE` when its state does not allow that, `INVALIDJOB` when it was given contents twice.
    pub(crate) fn change(&self, change: Change, fault: Option<RecordError>) -> Result<(), ApiError> {
        let mut progress = self.progress();
        match (change, progress.state) {
            (Change::UploadComplete, State::Open) if progress.uploads > 1 => {
                let id = crate::id::short(&self.id);
                let message = format!(
                    "Found multiple contents for job: <{id}>, please 'Close' / 'Abort' / 'Delete' the current Job then \
                     create a new Job and make sure you only do 'PUT' once on a given Job."
                );
                Err(refused("INVALIDJOB", message))
            }
            (Change::UploadComplete, State::Open) => {
                progress.fault = fault.or(progress.fault.take());
                progress.enter(State::UploadComplete);
                Ok(())
            }
            (Change::Aborted, State::Open | State::UploadComplete | State::InProgress) => {
                progress.enter(State::Aborted);
                Ok(())
            }
            (change, state) => {
                let verb = if change == Change::Aborted { "Aborting" } else { "Closing" };
                Err(refused("INVALIDJOBSTATE", format!("{verb} already {} Job not allowed", state.past())))
            }
        }
    }

    /// Begins the work; whether it is still wanted.
    pub(crate) fn begin(&self) -> bool {
        let mut progress = self.progress();
        let begins = progress.state == State::UploadComplete;
        if begins {
            progress.enter(State::InProgress);
            progress.began = Some(Instant::now());
            progress.running = true;
        }
        begins
    }

    /// Whether the work is to go on.
    pub(crate) fn goes_on(&self) -> bool {
        self.progress().state == State::InProgress
    }

    /// Whether rows are being processed.
    pub(crate) fn is_running(&self) -> bool {
        self.progress().running
    }

    /// Counts what was done.
    pub(crate) fn advance(&self, step: Advance) {
        let mut progress = self.progress();
        progress.processed += step.processed;
        progress.failed += step.failed;
        progress.active += step.active;
        progress.changed = Utc::now();
    }

    /// The end of the work: complete, or failed for a reason. An aborted job stays aborted.
    pub(crate) fn end(&self, output: Output, error: Option<String>) {
        let mut progress = self.progress();
        if progress.state == State::InProgress {
            progress.enter(if error.is_some() { State::Failed } else { State::JobComplete });
            progress.error = error;
        }
        progress.total = progress.began.map(|began| began.elapsed()).unwrap_or_default();
        progress.output = output;
        progress.running = false;
    }

    /// The contents that were uploaded.
    pub(crate) fn contents(&self) -> Option<Arc<Spool>> {
        self.progress().contents.clone()
    }

    /// The results of a job that has ended before any of its rows was processed; `None` when nothing was uploaded, or
    /// nothing that begins like CSV.
    pub(crate) fn untouched(&self) -> Option<Results> {
        Results::untouched(self.contents()?, self.dialect())
    }

    /// The injected error of the job's records.
    pub(crate) fn fault(&self) -> Option<RecordError> {
        self.progress().fault.clone()
    }

    /// What the job left behind.
    pub(crate) fn output(&self) -> Output {
        self.progress().output.clone()
    }

    /// Marks a job as deleted, if its state allows that; it will not begin afterwards.
    pub(super) fn retire(&self) -> bool {
        let mut progress = self.progress();
        if matches!(progress.state, State::Open | State::InProgress) {
            return false;
        }
        if progress.state == State::UploadComplete {
            progress.enter(State::Aborted);
        }
        true
    }

    pub(super) fn ended_before(&self, instant: DateTime<Utc>) -> bool {
        let progress = self.progress();
        progress.state.is_end() && progress.changed < instant
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn check_open(&self) -> Result<(), ApiError> {
        if self.state == State::Open {
            return Ok(());
        }
        let message = format!("Uploading data to a job in state {} not allowed", self.state);
        Err(refused("INVALIDJOBSTATE", message))
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.changed = Utc::now();
    }
}

impl State {
    /// Whether nothing follows it.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }

    /// As messages name it.
    fn past(self) -> &'static str {
        match self {
            Self::JobComplete => "Completed",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
            _ => "Closed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
