//! The job kind that deletes sample data, and nothing else: only Opportunities that carry a sample key, page by page. Their
//! lines and Quotes go with them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::{ROUNDS, SampleSettings, finish};
use crate::contracts::samples::{DeleteSamples, OPPORTUNITIES};
use crate::jobs::{
    Chunk, ChunkReport, JobKind, JobView, Kind, Looked, NewChunk, PlanStep, RecordError, TaskContext, TaskError,
};
use crate::salesforce::bulk::{
    Bulk, BulkSettings, Columns, IngestOperation, IngestSpec, RowOutcome, RowResult, Wanted,
};
use crate::salesforce::{Client, Error, SalesforceId, soql};
use crate::samples::key::SAMPLE_DATA_KEY;
use crate::work::chunk_loads::ChunkLoads;
use crate::work::{IdRange, OrgWork, Orgs, TaskUser, is_gone};

/// The kind.
pub struct DeleteSamplesKind {
    /// Opens the org of a task.
    pub orgs: Orgs,
    /// In whose name.
    pub user: TaskUser,
    /// How large a chunk is.
    pub settings: SampleSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdRow {
    id: SalesforceId,
}

impl JobKind for DeleteSamplesKind {
    fn kind(&self) -> Kind {
        Kind::of::<DeleteSamples>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(self.orgs.look(cx, &self.user, limit)))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let org = self.orgs.open(cx, &self.user).await?;
            let after = cursor.filter(|cursor| !cursor.is_empty());
            if after.is_none() {
                // A missing permission ends the job at once, with one reason, instead of every chunk.
                let bulk = Bulk::new(org.client().clone(), BulkSettings::default());
                bulk.probe(&spec(cx)?).await.map_err(|error| self.orgs.task_error(&error))?;
            }
            let limit = self.settings.chunk_size;
            let page =
                page(org.client(), after.as_deref(), limit).await.map_err(|error| self.orgs.task_error(&error))?;
            Ok(match page {
                None => PlanStep { chunks: Vec::new(), cursor: after.unwrap_or_default(), done: true },
                Some((range, records)) => PlanStep {
                    chunks: vec![NewChunk { payload: range.to_string(), records }],
                    cursor: range.last.to_string(),
                    done: records < u64::from(limit),
                },
            })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let range: IdRange = chunk.payload.parse()?;
            let org = self.orgs.open(cx, &self.user).await?;
            let errors =
                delete(cx, &org, &chunk, range, spec(cx)?).await.map_err(|error| self.orgs.task_error(&error))?;
            Ok(report(chunk.records, errors))
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(finish(cx, &self.orgs, &self.user, job))
    }
}

fn spec(cx: &TaskContext) -> Result<IngestSpec, TaskError> {
    let operation = match cx.params::<DeleteSamples>()?.hard_delete {
        true => IngestOperation::HardDelete,
        false => IngestOperation::Delete,
    };
    Ok(IngestSpec::new("Opportunity", operation))
}

/// The next page, and how many records it has; `None` when there is no more.
async fn page(client: &Client, after: Option<&str>, limit: u32) -> Result<Option<(IdRange, u64)>, Error> {
    let after = after.map(|id| format!(" AND Id > {}", soql::quote(id))).unwrap_or_default();
    let soql = format!("SELECT Id FROM Opportunity WHERE {SAMPLE_DATA_KEY} != NULL{after} ORDER BY Id LIMIT {limit}");
    let mut rows = client.query::<IdRow>(soql);
    let Some(first) = rows.try_next().await?.map(|row| row.id) else { return Ok(None) };
    let (mut last, mut records) = (first, 1);
    while let Some(row) = rows.try_next().await? {
        (last, records) = (row.id, records + 1);
    }
    Ok(Some((IdRange { first, last }, records)))
}

/// Deletes what there is of the range, and gives what could not be deleted.
async fn delete(
    cx: &TaskContext,
    org: &OrgWork,
    chunk: &Chunk,
    range: IdRange,
    spec: IngestSpec,
) -> Result<Vec<RecordError>, Error> {
    let loads = ChunkLoads::new(cx, org, chunk);
    loads.settle().await?;
    let range = range.condition();
    let soql = format!("SELECT Id FROM Opportunity WHERE {SAMPLE_DATA_KEY} != NULL AND {range} ORDER BY Id");
    let mut errors = Vec::new();
    for _ in 0..ROUNDS {
        // What is still there: in a later round, what failed in the one before.
        let rows = org.client().query::<IdRow>(soql.clone()).map_ok(|row| vec![row.id.into()]);
        let mut passing = false;
        errors.clear();
        let mut on_row = |result: RowResult| {
            let RowOutcome::Failed { error, .. } = result.outcome else { return };
            // Somebody else was faster.
            if is_gone(&error.error_code) {
                return;
            }
            passing |= error.passes();
            let record_id = result.row.get("Id").unwrap_or_default().to_owned();
            errors.push(RecordError { record_id, code: error.error_code, message: error.message });
        };
        loads.write(spec.clone(), Columns::new(["Id"])?, rows, Wanted::Failures, &mut on_row).await?;
        if !passing {
            break;
        }
    }
    Ok(errors)
}

/// Records that an earlier run of the chunk has deleted are not there any more, but they count.
fn report(records: u64, errors: Vec<RecordError>) -> ChunkReport {
    let failed = u64::try_from(errors.len()).unwrap_or(u64::MAX).min(records);
    let succeeded = records - failed;
    let counters = BTreeMap::from([(OPPORTUNITIES.to_owned(), succeeded)]);
    ChunkReport { processed: records, succeeded, skipped: 0, failed, errors, counters }
}
