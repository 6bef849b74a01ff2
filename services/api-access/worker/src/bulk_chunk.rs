//! One chunk of a job as one bulk job of Salesforce, across crashes of workers. Other than
//! [`ChunkLoads`](shared::work::chunk_loads::ChunkLoads), whose chunks are several bulk jobs, it reads the results of a bulk job
//! that outlived its worker, so nothing is sent twice, and counts what a cancelled one has written.

use crate::connection::Connection;
use futures_util::Stream;
use shared::jobs::{TaskContext, TaskError};
use shared::salesforce::bulk::{Columns, IngestSpec, JobInfo, JobRef, JobState, Row};
use shared::salesforce::{Error, SalesforceId};
use shared::work::chunk_loads::remembered_as;
use shared::work::fail;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest time in which an aborted bulk job comes to its end.
const ABORT_PATIENCE: Duration = Duration::from_secs(15);

/// A chunk and the bulk job that works it off.
pub(crate) struct BulkChunk<'a> {
    cx: &'a TaskContext,
    connection: &'a Connection,
    number: u64,
}

/// What an earlier run of the chunk has left.
pub(crate) enum Earlier {
    /// A bulk job that is of use: its results say what became of the rows.
    Ended(JobInfo),
    /// A bulk job that gave up, so some rows may have been processed.
    Broken,
    /// No bulk job, or one that has processed nothing.
    Nothing,
}

impl<'a> BulkChunk<'a> {
    pub(crate) fn new(cx: &'a TaskContext, connection: &'a Connection, number: u64) -> Self {
        Self { cx, connection, number }
    }

    /// Brings the bulk job of an earlier run to its end, if there is one. Nobody works on the chunk afterwards.
    pub(crate) async fn earlier(&self) -> Result<Earlier, TaskError> {
        let Some(id) = remembered(self.cx, self.number).await? else { return Ok(Earlier::Nothing) };
        let info = match self.connection.bulk().settle(JobRef::ingest(id), &self.cx.cancelled).await {
            Ok(info) => info,
            Err(error) => return self.stopped(id, error).await.map(Earlier::Ended),
        };
        Ok(match info {
            Some(info) if info.state == JobState::JobComplete => {
                tracing::info!(bulk_job = %id, "the bulk job of an earlier run has ended");
                Earlier::Ended(info)
            }
            Some(info) if info.number_records_processed > 0 => Earlier::Broken,
            _ => Earlier::Nothing,
        })
    }

    /// Sends rows as a new bulk job, whose id is kept first, and waits for its end. When the job that
    /// this chunk belongs to is cancelled meanwhile, the bulk job is aborted, and its results tell how far it came.
    pub(crate) async fn send(
        &self,
        spec: IngestSpec,
        columns: Columns,
        rows: impl Stream<Item = Result<Row, Error>> + Send,
    ) -> Result<JobInfo, TaskError> {
        let task_error = |error: Error| self.connection.task_error(&error);
        let bulk = self.connection.bulk();
        let mut load = bulk.load(spec, columns, rows).map_err(task_error)?;
        let Some(open) = load.next_job().await.map_err(task_error)? else {
            return Err(TaskError::Fail { reason: "the chunk has no rows".to_owned() });
        };
        let id = open.info().id;
        // From here on a crash leaves a bulk job that the next run knows. Without its rows it does nothing.
        self.cx.remember(&remembered_as(self.number), id.as_str()).await?;
        let closed = open.upload(&self.cx.cancelled).await.map_err(task_error)?;
        let ended = match bulk.wait(JobRef::ingest(id), &self.cx.cancelled, |_| ()).await {
            Ok(info) => return info.completed_all(closed.rows).map_err(task_error),
            Err(error) => self.stopped(id, error).await?,
        };
        Ok(ended)
    }

    /// After a wait that was broken off: when the reason is that the job is cancelled, the bulk job is aborted and its
    /// end awaited. For any other reason it goes on, and the next run of the chunk waits for it.
    async fn stopped(&self, id: SalesforceId, error: Error) -> Result<JobInfo, TaskError> {
        let cancelled = matches!(error, Error::Cancelled) && self.cx.is_job_cancelled().await?;
        if !cancelled {
            return Err(self.connection.task_error(&error));
        }
        let bulk = self.connection.bulk();
        let abort = async {
            bulk.abort(JobRef::ingest(id)).await?;
            bulk.wait(JobRef::ingest(id), &CancellationToken::new(), |_| ()).await
        };
        match timeout(ABORT_PATIENCE, abort).await {
            Ok(info) => info.map_err(|error| self.connection.task_error(&error)),
            Err(_) => Err(TaskError::Retry { reason: "the bulk job does not end".to_owned(), after: None }),
        }
    }
}

async fn remembered(cx: &TaskContext, chunk: u64) -> Result<Option<SalesforceId>, TaskError> {
    let id = cx.recall(&remembered_as(chunk)).await?;
    id.map(|id| id.parse().map_err(|error| fail(&error))).transpose()
}
