//! One job of batches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::batch::Batch;
use super::ids::Ids;
use super::spec::{Change, Concurrency, Spec};
use crate::bulk::job::Creator;
use crate::bulk::refused;
use crate::bulk::spool::Spool;
use crate::error::ApiError;
use crate::faults::RecordError;
use crate::store::{Actor, Org};

/// A job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
    Aborted,
}

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(crate) creator: Creator,
    pub(crate) spec: Spec,
    pub(super) created: DateTime<Utc>,
    progress: Mutex<Progress>,
    /// Whoever has it may run a batch of a job that runs one at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) state: State,
    pub(super) changed: DateTime<Utc>,
    /// In the order in which they came.
    pub(super) batches: Vec<Arc<Batch>>,
}

impl Job {
    pub(in crate::bulk) fn new(id: String, creator: Creator, spec: Spec) -> Self {
        let created = Utc::now();
        let progress = Progress { state: State::Open, changed: created, batches: Vec::new() };
        Self { id, creator, spec, created, progress: Mutex::new(progress), turn: tokio::sync::Mutex::default() }
    }

    /// Closes or aborts the job. Batches that have not begun are not processed in an aborted one.
    ///
    /// # Errors
    /// `INVALIDJOBSTATE` when its state does not allow that.
    pub(crate) fn change(&self, change: Change) -> Result<(), ApiError> {
        let mut progress = self.progress();
        let to = match (change, progress.state) {
            (Change::Closed, State::Open) => State::Closed,
            (Change::Aborted, State::Open | State::Closed) => State::Aborted,
            (change, state) => {
                let verb = if change == Change::Aborted { "Aborting" } else { "Closing" };
                return Err(refused("INVALIDJOBSTATE", format!("{verb} already {state:?} Job not allowed")));
            }
        };
        progress.state = to;
        progress.changed = Utc::now();
        if to == State::Aborted {
            progress.batches.iter().for_each(|batch| batch.abort());
        }
        Ok(())
    }

    /// Adds a batch with the contents that a caller sends. Blocks.
    ///
    /// # Errors
    /// `INVALIDJOBSTATE` when the job is not open.
    pub(crate) fn add(
        &self,
        at: (&Org, &Actor),
        ids: &Ids,
        request: Spool,
        fault: Option<RecordError>,
    ) -> Result<Arc<Batch>, ApiError> {
        self.progress().check_open()?;
        let mut creator = self.creator.clone();
        creator.fault = fault.or(creator.fault);
        let batch = Arc::new(Batch::create(&self.spec, creator, at, ids, request)?);
        let mut progress = self.progress();
        // It may have been closed meanwhile.
        progress.check_open()?;
        progress.batches.push(Arc::clone(&batch));
        Ok(batch)
    }

    /// What is to be run for a batch: itself, or the batches of the chunks into which the job wants it divided, which take its
    /// place. Blocks.
    ///
    /// # Errors
    /// When the ids of the records cannot be read.
    pub(crate) fn divide(
        &self,
        batch: &Arc<Batch>,
        (org, actor): (&Org, &Actor),
        ids: &Ids,
    ) -> Result<Vec<Arc<Batch>>, ApiError> {
        let Some(requests) = batch.chunks(&self.spec, org, actor)? else { return Ok(vec![Arc::clone(batch)]) };
        let create = |request| {
            let creator = batch.run.creator.clone();
            Batch::create(&self.spec, creator, (org, actor), ids, request).map(Arc::new)
        };
        let chunks: Vec<_> = requests.into_iter().map(create).collect::<Result<_, _>>()?;
        let mut progress = self.progress();
        batch.abort();
        if progress.state == State::Aborted {
            return Ok(Vec::new());
        }
        progress.batches.extend(chunks.iter().map(Arc::clone));
        Ok(chunks)
    }

    /// The batch of that id, 15 or 18 characters.
    ///
    /// # Errors
    /// `INVALIDBATCH`.
    pub(crate) fn batch(&self, id: &str) -> Result<Arc<Batch>, ApiError> {
        let wanted = crate::id::normalise(id);
        let found = self.progress().batches.iter().find(|batch| wanted.as_deref() == Some(batch.id())).cloned();
        found.ok_or_else(|| refused("INVALIDBATCH", format!("Unable to find batch: {id}")))
    }

    /// All batches.
    pub(crate) fn batches(&self) -> Vec<Arc<Batch>> {
        self.progress().batches.clone()
    }

    /// Waits for the end of the batches before, in a job that runs one at a time.
    pub(crate) async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self.spec.concurrency {
            Concurrency::Parallel => None,
            Concurrency::Serial => Some(self.turn.lock().await),
        }
    }

    pub(in crate::bulk) fn ended_before(&self, instant: DateTime<Utc>) -> bool {
        let progress = self.progress();
        let at_work = progress.batches.iter().any(|batch| !batch.has_ended());
        progress.state != State::Open && progress.changed < instant && !at_work
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn check_open(&self) -> Result<(), ApiError> {
        if self.state == State::Open {
            return Ok(());
        }
        let message = format!("Adding a batch to a job in state {:?} not allowed", self.state);
        Err(refused("INVALIDJOBSTATE", message))
    }
}
