//! Bulk API jobs as steps of a task. The id of the job at work is remembered with the task, so that whoever runs the task
//! next brings that job to its end before it looks at what exists.

use futures_util::future::BoxFuture;
use futures_util::stream::Stream;
use tokio_util::sync::CancellationToken;

use super::orgs::{OrgWork, Orgs, TaskUser};
use crate::jobs::{Chunk, JobView, TaskContext, TaskError};
use crate::salesforce::bulk::{
    Bulk, BulkSettings, Columns, IngestSpec, JobRef, NoteError, Row, RowResult, Wanted, WriteOptions,
};
use crate::salesforce::{Error, ErrorKind, SalesforceId};

/// Start of the names under which the jobs of chunks are remembered.
const REMEMBERED: &str = "bulk:";

/// Name under which the job of a chunk is remembered, for kinds that do without [`ChunkLoads`].
pub fn remembered_as(chunk: u64) -> String {
    format!("{REMEMBERED}{chunk}")
}

/// The Bulk API work of one chunk, one job at a time.
pub struct ChunkLoads<'a> {
    cx: &'a TaskContext,
    bulk: Bulk,
    name: String,
}

impl<'a> ChunkLoads<'a> {
    /// The work of `chunk` in `org`.
    pub fn new(cx: &'a TaskContext, org: &OrgWork, chunk: &Chunk) -> Self {
        let bulk = Bulk::new(org.client().clone(), BulkSettings::default());
        Self { cx, bulk, name: remembered_as(chunk.number) }
    }

    /// Brings the job to its end that an earlier run of the chunk has left behind: stops it if it waits for rows, else
    /// waits for it. True when there may have been an earlier run that sent anything: only then may records of it exist.
    /// What Redis remembers proves one, but its absence proves none: a failover may have lost it.
    ///
    /// # Errors
    /// When Redis or Salesforce cannot be asked, or the task is cancelled; then nothing may be written.
    pub async fn settle(&self) -> Result<bool, Error> {
        let remembered = self.cx.recall(&self.name).await;
        let Some(id) = remembered.map_err(|error| Error::Note(error.into()))? else {
            return Ok(self.cx.delivery > 1 || self.cx.run > 1);
        };
        if let Ok(id) = id.parse::<SalesforceId>() {
            let info = self.bulk.settle(JobRef::ingest(id), &self.cx.cancelled).await?;
            tracing::info!(job.id = %id, state = ?info.map(|info| info.state), "settled the bulk job of an earlier run");
        }
        Ok(true)
    }

    /// Writes rows and tells `on_row` of those that failed, or of all. See [`Bulk::write`].
    ///
    /// # Errors
    /// As for [`Bulk::write`].
    pub async fn write(
        &self,
        spec: IngestSpec,
        columns: Columns,
        rows: impl Stream<Item = Result<Row, Error>> + Send,
        wanted: Wanted,
        on_row: &mut (dyn FnMut(RowResult) + Send),
    ) -> Result<u64, Error> {
        let note = |job| self.note(job);
        let options = WriteOptions { note: &note, cancelled: &self.cx.cancelled, wanted };
        self.bulk.write(spec, columns, rows, &options, on_row).await
    }

    /// The org's Bulk API.
    pub fn bulk(&self) -> &Bulk {
        &self.bulk
    }

    /// Remembers a job that is about to get rows, as a [`NoteJob`](crate::salesforce::bulk::NoteJob) does.
    pub fn note(&self, job: JobRef) -> BoxFuture<'_, Result<(), NoteError>> {
        Box::pin(async move { self.cx.remember(&self.name, job.id.as_str()).await.map_err(NoteError::from) })
    }
}

/// The last step of a job whose chunks load in bulk: stops the Bulk API jobs of chunks that did not come to their end,
/// because the job was cancelled or they were given up. What Salesforce has processed by then stays.
///
/// It needs the org only if chunks were left unfinished, and a job that was cancelled is not held up by a session that has
/// expired.
///
/// # Errors
/// When Redis or Salesforce cannot be asked.
pub async fn finish(cx: &TaskContext, orgs: &Orgs, user: &TaskUser, job: &JobView) -> Result<(), TaskError> {
    if job.done_chunks == job.total_chunks {
        return Ok(());
    }
    let stopped = match orgs.open(cx, user).await {
        Ok(org) => stop_unfinished(cx, orgs, &org, job).await,
        Err(error) => Err(error),
    };
    match stopped {
        Err(TaskError::NeedsAuthorization { reason }) => {
            tracing::warn!(reason, "bulk jobs that were begun go on");
            Ok(())
        }
        result => result,
    }
}

/// As [`finish`], for a last step that has more to do in `org`, and so cannot do without a session.
///
/// # Errors
/// When Redis or Salesforce cannot be asked.
pub async fn stop_unfinished(cx: &TaskContext, orgs: &Orgs, org: &OrgWork, job: &JobView) -> Result<(), TaskError> {
    if job.done_chunks == job.total_chunks {
        return Ok(());
    }
    let bulk = Bulk::new(org.client().clone(), BulkSettings::default());
    for (name, id) in cx.recall_all().await? {
        let Some(job) = name.strip_prefix(REMEMBERED).and_then(|_| id.parse().ok()).map(JobRef::ingest) else {
            continue;
        };
        match stop(&bulk, job, &cx.cancelled).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(orgs.task_error(&error)),
            _ => {}
        }
    }
    Ok(())
}

/// Waits, too, so that nothing of the job happens afterwards.
async fn stop(bulk: &Bulk, job: JobRef, cancelled: &CancellationToken) -> Result<(), Error> {
    if !bulk.info(job).await?.state.is_final() {
        bulk.abort(job).await?;
        bulk.wait(job, cancelled, |_| ()).await?;
        tracing::info!(job.id = %job.id, "stopped a bulk job");
    }
    Ok(())
}
