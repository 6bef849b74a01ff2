//! The Bulk API 2.0: millions of rows as CSV, written or read by jobs that Salesforce works off by itself.
//!
//! Writing: [`Bulk::load`] takes a stream of [`Row`]s and cuts it into jobs. For each, [`Load::next_job`] creates it
//! (keep the id: after a crash [`Bulk::settle`] brings it to an end), [`OpenJob::upload`] sends rows while they are made
//! and closes it, [`Bulk::wait`] asks until it has ended, and [`Bulk::results`] tells what became of every row, which
//! [`RowIndex`] joins to the input. [`Load::run`] does the first three for all jobs, [`Bulk::write`] all of it for one job
//! after the other.
//!
//! Reading: [`Bulk::query`], or its steps.
//!
//! Memory is bounded by a few pieces of 64 KiB, not by the number of rows. Nothing in here knows what the records mean.
//!
//! What is repeated after a lost answer, or one that proves nothing: everything but an upload, which Salesforce takes once
//! only. A job that was created twice stays open without rows and does nothing. No row is looked at before its job is
//! closed, so an upload that broke off has changed nothing. A change of state is proven by the state, the end of a job by
//! the number of its rows, and results by theirs.

mod cell;
mod control;
mod download;
mod encode;
mod ingest;
mod job;
mod load;
mod query;
mod records;
mod results;
mod row_error;
mod row_index;
mod settings;
mod write;

use std::sync::Arc;
use std::time::Duration;

use super::Client;

pub use super::error::{JobState, NoteError};
pub use cell::{Cell, Columns, Row};
pub use control::JobFilter;
pub use ingest::{IngestOperation, IngestSpec};
pub use job::{JobInfo, JobRef, JobType};
pub use load::{ClosedJob, Load, OpenJob};
pub use results::{ResultFile, RowOutcome, RowResult, SentRow};
pub use row_index::{RowIndex, RowKey};
pub use settings::{BulkSettings, MAX_JOB_BYTES, PollSettings};
pub use write::{NoteJob, Wanted, WriteOptions};

/// Longest time that stopping a job which nobody needs may take.
const ABORT_PATIENCE: Duration = Duration::from_secs(5);

/// The Bulk API of one org, for one user. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bulk {
    client: Client,
    settings: Arc<BulkSettings>,
}

impl Bulk {
    /// The Bulk API behind `client`.
    #[must_use]
    pub fn new(client: Client, settings: BulkSettings) -> Self {
        Self { client, settings: Arc::new(settings) }
    }
}

#[cfg(test)]
mod tests;
