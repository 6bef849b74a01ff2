//! The jobs of one org.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::job::{Creator, Job, Work};
use super::refused;
use super::v1::ids::Ids;
use super::v1::{self, spec::Spec};
use crate::error::ApiError;
use crate::id;

/// First characters of a job's id.
const PREFIX: &str = "750";
/// How long an ended job is kept (Bulk API 2.0 Developer Guide, "Bulk API 2.0 Limits").
const RETENTION: Duration = Duration::days(7);
/// Jobs on a page of the list.
const PAGE: usize = 1_000;

/// All jobs, and what was used of the limits on them.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    last: AtomicU64,
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
    /// Those of the Bulk API (v1).
    of_batches: Mutex<BTreeMap<u64, Arc<v1::Job>>>,
    /// Ids of their batches.
    pub(crate) batch_ids: Ids,
    batches: AtomicU64,
    queries: AtomicU64,
}

/// A page of the list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) jobs: Vec<Arc<Job>>,
    /// Where the next page begins.
    pub(crate) next: Option<u64>,
}

impl Jobs {
    /// Adds a job. Jobs that ended long ago make room.
    pub(crate) fn create(&self, creator: Creator, work: Work) -> Arc<Job> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        if matches!(work, Work::Query(_)) {
            self.queries.fetch_add(1, Ordering::Relaxed);
        }
        let job = Arc::new(Job::new(id::generate(PREFIX, number), creator, work));
        let mut jobs = self.jobs();
        forget(&mut jobs, Utc::now() - RETENTION);
        jobs.insert(number, Arc::clone(&job));
        job
    }

    /// The job of that id, 15 or 18 characters.
    ///
    /// # Errors
    /// 404 `NOT_FOUND`.
    pub(crate) fn get(&self, id: &str) -> Result<Arc<Job>, ApiError> {
        number_of(id).and_then(|number| self.jobs().get(&number).cloned()).ok_or_else(ApiError::not_found)
    }

    /// Adds a job of the Bulk API (v1).
    pub(crate) fn create_of_batches(&self, creator: Creator, spec: Spec) -> Arc<v1::Job> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let job = Arc::new(v1::Job::new(id::generate(PREFIX, number), creator, spec));
        let mut jobs = self.of_batches();
        let long_ago = Utc::now() - RETENTION;
        jobs.retain(|_, job| !job.ended_before(long_ago));
        jobs.insert(number, Arc::clone(&job));
        job
    }

    /// The job of the Bulk API (v1) of that id, 15 or 18 characters.
    ///
    /// # Errors
    /// `INVALIDJOB`.
    pub(crate) fn of_batches_named(&self, id: &str) -> Result<Arc<v1::Job>, ApiError> {
        let job = number_of(id).and_then(|number| self.of_batches().get(&number).cloned());
        job.ok_or_else(|| refused("INVALIDJOB", format!("Unable to find job: {id}")))
    }

    /// Removes a job that is not at work.
    ///
    /// # Errors
    /// 404 `NOT_FOUND`; `INVALIDJOBSTATE` while it is open or in progress.
    pub(crate) fn delete(&self, job: &Job) -> Result<(), ApiError> {
        let mut jobs = self.jobs();
        let number = id::number_of(&job.id).filter(|number| jobs.contains_key(number));
        let number = number.ok_or_else(ApiError::not_found)?;
        if !job.retire() {
            let message = format!("Deleting a job in state {} is not allowed", job.state());
            return Err(refused("INVALIDJOBSTATE", message));
        }
        jobs.remove(&number);
        Ok(())
    }

    /// Removes all ended jobs with their data and results; gives their number.
    pub(crate) fn forget_ended(&self) -> usize {
        let now = Utc::now();
        let mut of_batches = self.of_batches();
        let before = of_batches.len();
        of_batches.retain(|_, job| !job.ended_before(now));
        before - of_batches.len() + forget(&mut self.jobs(), now)
    }

    /// The jobs that `wanted` chooses, the oldest first, from number `start` on.
    pub(crate) fn list(&self, start: u64, wanted: impl Fn(&Job) -> bool) -> Page {
        let jobs = self.jobs();
        let mut found = jobs.range(start..).filter(|(_, job)| wanted(job));
        let page = found.by_ref().take(PAGE).map(|(_, job)| Arc::clone(job)).collect();
        Page { jobs: page, next: found.next().map(|(number, _)| *number) }
    }

    /// Up to `limit` jobs, the newest first, and how many there are.
    pub(crate) fn newest(&self, limit: usize) -> (Vec<Arc<Job>>, usize) {
        let jobs = self.jobs();
        (jobs.values().rev().take(limit).cloned().collect(), jobs.len())
    }

    /// Counts batches of 10,000 rows that were begun.
    pub(crate) fn count_batch(&self) {
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    /// Batches so far.
    pub(crate) fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// Query jobs so far.
    pub(crate) fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    fn of_batches(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<v1::Job>>> {
        self.of_batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of which an id was made.
fn number_of(id: &str) -> Option<u64> {
    id::normalise(id).filter(|id| id::prefix(id) == PREFIX).and_then(|id| id::number_of(&id))
}

/// Removes the jobs that ended before `instant`.
fn forget(jobs: &mut BTreeMap<u64, Arc<Job>>, instant: DateTime<Utc>) -> usize {
    let before = jobs.len();
    jobs.retain(|_, job| !job.ended_before(instant));
    before - jobs.len()
}
