//! The job kind `deleteLoadedAccounts`: deletes the Accounts that loads have made, and no others.

use crate::bulk_chunk::{BulkChunk, Earlier};
use crate::connection::{Connection, Connections, loaded};
use crate::report::{ROUNDS, has_passing, report};
use futures_util::future::BoxFuture;
use futures_util::{TryStreamExt, stream};
use serde::Deserialize;
use shared::contracts::api_access::DeleteLoadedAccounts;
use shared::jobs::{
    Chunk, ChunkReport, JobKind, JobView, Kind, Looked, NewChunk, PlanStep, RecordError, TaskContext, TaskError,
};
use shared::salesforce::bulk::{Cell, Columns, IngestOperation, IngestSpec, Row};
use shared::salesforce::{SalesforceId, soql};
use shared::work::{IdRange, fail, is_gone};
use std::time::Duration;

/// Accounts looked for at a time: as many as a page of a query has.
const PAGE_ROWS: usize = 2_000;

/// Accounts of a chunk. Few when all of them fit a page, so that the bar moves.
const SMALL_CHUNK: usize = 200;
const BIG_CHUNK: usize = 1_000;

/// The kind, with what it shares between tasks.
pub(crate) struct DeleteAccountsKind {
    pub(crate) connections: Connections,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: SalesforceId,
}

impl JobKind for DeleteAccountsKind {
    fn kind(&self) -> Kind {
        Kind::of::<DeleteLoadedAccounts>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(async move {
            match cx.params::<DeleteLoadedAccounts>() {
                Ok(params) => self.connections.look(cx, &params.connection, limit).await,
                Err(_) => Looked::Unknown,
            }
        }))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let connection = self.open(cx).await?;
            let cursor = cursor.filter(|cursor| !cursor.is_empty());
            let after = cursor.as_ref().map(|id| format!(" AND Id > {}", soql::quote(id))).unwrap_or_default();
            let query = format!("SELECT Id FROM Account WHERE {}{after} ORDER BY Id LIMIT {PAGE_ROWS}", loaded());
            let ids = ids(&connection, query).await?;
            let done = ids.len() < PAGE_ROWS;
            let size = if done && cursor.is_none() { SMALL_CHUNK } else { BIG_CHUNK };
            let chunks = ids.chunks(size).filter_map(|ids| {
                let records = u64::try_from(ids.len()).unwrap_or(u64::MAX);
                IdRange::of(ids).map(|range| NewChunk { payload: range.to_string(), records })
            });
            Ok(PlanStep {
                chunks: chunks.collect(),
                cursor: ids.last().map(ToString::to_string).unwrap_or_default(),
                done,
            })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let range: IdRange = chunk.payload.parse()?;
            let connection = self.open(cx).await?;
            let bulk_chunk = BulkChunk::new(cx, &connection, chunk.number);
            let earlier = bulk_chunk.earlier().await?;
            if let Earlier::Ended(ended) = &earlier {
                let report = without_gone(report(&connection, ended, "Id").await?);
                if !has_passing(&report) {
                    return Ok(report);
                }
            }
            let query = format!("SELECT Id FROM Account WHERE {} AND {} ORDER BY Id", loaded(), range.condition());
            // What is gone since the plan was deleted by an earlier bulk job of this chunk, or by somebody else.
            let mut by_us = !matches!(earlier, Earlier::Nothing);
            let mut skipped = 0;
            let mut round = 1;
            loop {
                let ids = ids(&connection, query.clone()).await?;
                let gone = chunk.records.saturating_sub(u64::try_from(ids.len()).unwrap_or(u64::MAX));
                let mut report = delete(&connection, &bulk_chunk, ids).await?;
                if !by_us {
                    skipped = gone;
                }
                if round == ROUNDS || !has_passing(&report) || cx.cancelled.is_cancelled() {
                    report.processed += gone;
                    report.skipped += skipped;
                    report.succeeded += gone.saturating_sub(skipped);
                    return Ok(report);
                }
                by_us = true;
                round += 1;
            }
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(
            async move { self.connections.finish(cx, &cx.params::<DeleteLoadedAccounts>()?.connection, job).await },
        )
    }
}

impl DeleteAccountsKind {
    async fn open(&self, cx: &TaskContext) -> Result<Connection, TaskError> {
        self.connections.open(cx, &cx.params::<DeleteLoadedAccounts>()?.connection).await
    }
}

/// Deletes these Accounts, and tells what became of them.
async fn delete(
    connection: &Connection,
    bulk_chunk: &BulkChunk<'_>,
    ids: Vec<SalesforceId>,
) -> Result<ChunkReport, TaskError> {
    if ids.is_empty() {
        return Ok(ChunkReport::default());
    }
    let columns = Columns::new(["Id"]).map_err(|error| fail(&error))?;
    let rows = stream::iter(ids.into_iter().map(|id| Ok(Row::from([Cell::from(id)]))));
    let spec = IngestSpec::new("Account", IngestOperation::Delete);
    let ended = bulk_chunk.send(spec, columns, rows).await?;
    Ok(without_gone(report(connection, &ended, "Id").await?))
}

async fn ids(connection: &Connection, query: String) -> Result<Vec<SalesforceId>, TaskError> {
    let accounts: Result<Vec<Account>, _> = connection.work().client().query(query).try_collect().await;
    let accounts = accounts.map_err(|error| connection.task_error(&error))?;
    Ok(accounts.into_iter().map(|account| account.id).collect())
}

/// Nothing has to be done about an Account that is gone already.
fn without_gone(mut report: ChunkReport) -> ChunkReport {
    let gone = |error: &RecordError| is_gone(&error.code);
    let count = u64::try_from(report.errors.iter().filter(|error| gone(error)).count()).unwrap_or(u64::MAX);
    report.errors.retain(|error| !gone(error));
    report.failed = report.failed.saturating_sub(count);
    report.skipped += count;
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_are_gone_need_nothing() {
        let error = |code: &str| RecordError { record_id: "001".into(), code: code.into(), message: String::new() };
        let errors = vec![error("ENTITY_IS_DELETED"), error("DELETE_FAILED")];
        let report = without_gone(ChunkReport { processed: 5, succeeded: 3, failed: 2, errors, ..Default::default() });
        assert_eq!((report.processed, report.succeeded, report.skipped, report.failed), (5, 3, 1, 1));
        assert_eq!(report.errors, [error("DELETE_FAILED")]);
    }
}
