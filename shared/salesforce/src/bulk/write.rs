//! A whole write, job by job, such that a crash at any point leaves a job behind whose id is known.

use std::fmt;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Stream, TryStreamExt};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::super::Error;
use super::super::error::NoteError;
use super::cell::{Columns, Row};
use super::ingest::IngestSpec;
use super::job::{JobRef, JobType};
use super::results::RowResult;
use super::{Bulk, Load};

/// Keeps the id of a job that is about to get rows, for [`Bulk::settle`] after a crash. When it
/// fails, the job gets no rows.
pub type NoteJob<'a> = dyn Fn(JobRef) -> BoxFuture<'a, Result<(), NoteError>> + Send + Sync + 'a;

/// Which rows a caller wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that failed. When a job has none, its results are not read at all.
    Failures,
    /// All of them.
    All,
}

/// How a write is done.
pub struct WriteOptions<'o, 'n> {
    /// Told of every job before it gets rows.
    pub note: &'o NoteJob<'n>,
    /// Stops the write. A job that Salesforce has begun to process goes on.
    pub cancelled: &'o CancellationToken,
    /// Which rows the caller is told of.
    pub wanted: Wanted,
}

impl Bulk {
    /// Writes rows: one job after the other is created, noted, filled, closed and waited for, and `on_row` is told what
    /// became of its rows. Gives the number of rows that were processed, those that failed included.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::BulkJob`] when Salesforce gave up on a job, [`Error::BulkRowsMissing`] when it left rows out.
    /// What was processed until then stays, and a job
    /// may still be at work: [`Bulk::settle`] the last one noted before looking at what exists.
    pub async fn write<'r>(
        &self,
        spec: IngestSpec,
        columns: Columns,
        rows: impl Stream<Item = Result<Row, Error>> + Send + 'r,
        options: &WriteOptions<'_, '_>,
        on_row: &mut (dyn FnMut(RowResult) + Send),
    ) -> Result<u64, Error> {
        let mut load = self.load(spec, columns, rows)?;
        let mut processed = 0;
        while self.write_one(&mut load, options, &mut processed, on_row).await? {}
        Ok(processed)
    }

    /// The next job of the load; false when there are no more rows.
    async fn write_one(
        &self,
        load: &mut Load<'_>,
        options: &WriteOptions<'_, '_>,
        processed: &mut u64,
        on_row: &mut (dyn FnMut(RowResult) + Send),
    ) -> Result<bool, Error> {
        let Some(open) = load.next_job().await? else { return Ok(false) };
        let job = JobRef::ingest(open.info().id);
        if let Err(error) = (options.note)(job).await {
            self.abort_quietly(job).await;
            return Err(Error::Note(error));
        }
        let closed = open.upload(options.cancelled).await?;
        let info = self.wait(job, options.cancelled, |_| ()).await?.completed_all(closed.rows)?;
        debug!(job.id = %job.id, rows = closed.rows, bytes = closed.bytes, "bulk job done");
        *processed += info.number_records_processed;
        if options.wanted == Wanted::All {
            each(self.successful(&info), on_row).await?;
        }
        if info.number_records_failed > 0 {
            each(self.failed(&info), on_row).await?;
        }
        Ok(true)
    }

    /// Asks whether Salesforce would take such a job at all: creates one, and removes it again without rows.
    ///
    /// # Errors
    /// Any [`Error`]; kinds `Invalid` and `Forbidden` mean no, for example `hardDelete` without the permission.
    pub async fn probe(&self, spec: &IngestSpec) -> Result<(), Error> {
        let job = JobRef::ingest(self.create(JobType::Ingest, &spec.body()).await?.id);
        self.abort(job).await?;
        self.delete(job).await
    }
}

async fn each(
    mut rows: BoxStream<'static, Result<RowResult, Error>>,
    on_row: &mut (dyn FnMut(RowResult) + Send),
) -> Result<(), Error> {
    while let Some(row) = rows.try_next().await? {
        on_row(row);
    }
    Ok(())
}

impl fmt::Debug for WriteOptions<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteOptions").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
