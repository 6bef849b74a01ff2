//! The job kind that makes sample data: chunks of Opportunities, each upserted with its lines in two bulk loads.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use chrono::Utc;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde::Deserialize;

use super::{ROUNDS, SampleSettings, finish};
use crate::contracts::samples::{CreateSamples, OPPORTUNITIES, OPPORTUNITY_LINE_ITEMS};
use crate::jobs::{
    Chunk, ChunkReport, JobKind, JobView, Kind, Looked, NewChunk, PlanStep, RecordError, TaskContext, TaskError,
};
use crate::salesforce::bulk::{Columns, IngestOperation, IngestSpec, Row, RowOutcome, RowResult, Wanted};
use crate::salesforce::{ApiError, Client, Error};
use crate::samples::catalogue::{Catalogue, CatalogueError};
use crate::samples::key::{SAMPLE_DATA_KEY, SampleKeys};
use crate::samples::{LINE_COLUMNS, OPPORTUNITY_COLUMNS, SampleRows, opportunity_name};
use crate::work::chunk_loads::ChunkLoads;
use crate::work::{Orgs, TaskUser, fail};

/// Chunks that a page of the plan holds.
const PLAN_CHUNKS: usize = 200;

/// The kind.
pub struct CreateSamplesKind {
    /// Opens the org of a task.
    pub orgs: Orgs,
    /// In whose name.
    pub user: TaskUser,
    /// How large a chunk is.
    pub settings: SampleSettings,
}

impl JobKind for CreateSamplesKind {
    fn kind(&self) -> Kind {
        Kind::of::<CreateSamples>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(self.orgs.look(cx, &self.user, limit)))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let total = cx.params::<CreateSamples>()?.number_of_opportunities;
            let mut next: u32 = match cursor.as_deref() {
                None | Some("") => 1,
                Some(cursor) => cursor.parse().map_err(|error| fail(&error))?,
            };
            let mut chunks = Vec::new();
            while next <= total && chunks.len() < PLAN_CHUNKS {
                let count = self.settings.chunk_size.min(total - next + 1);
                chunks.push(NewChunk { payload: format!("{next}+{count}"), records: u64::from(count) });
                next += count;
            }
            Ok(PlanStep { chunks, cursor: next.to_string(), done: next > total })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let lines = cx.params::<CreateSamples>()?.lines;
            let (first, count) = parse(&chunk.payload).ok_or_else(|| TaskError::Fail {
                reason: "the chunk's payload is not a range of numbers".to_owned(),
            })?;
            let org = self.orgs.open(cx, &self.user).await?;
            let catalogue = Catalogue::read(org.client()).await.map_err(|error| match error {
                CatalogueError::Salesforce(error) => self.orgs.task_error(&error),
                CatalogueError::NoEntries => fail(&error),
            })?;
            let keys = SampleKeys::of(cx.job_id.as_u128(), chunk.number);
            let rows = SampleRows { keys: &keys, catalogue: &catalogue, first, count, today: Utc::now().date_naive() };
            let loads = ChunkLoads::new(cx, &org, &chunk);
            let work = Work { client: org.client(), loads, rows, lines };
            work.run().await.map_err(|error| self.orgs.task_error(&error))
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(finish(cx, &self.orgs, &self.user, job))
    }
}

/// `first+count`
fn parse(payload: &str) -> Option<(u32, u32)> {
    let (first, count) = payload.split_once('+')?;
    Some((first.parse().ok()?, count.parse().ok()?))
}

/// One run of a chunk.
struct Work<'a> {
    client: &'a Client,
    loads: ChunkLoads<'a>,
    rows: SampleRows<'a>,
    lines: u32,
}

#[derive(Deserialize)]
struct KeyRow {
    #[serde(rename = "SampleDataKey__c")]
    key: String,
}

/// What rows failed with, by what the row stood for.
type Failures<T> = BTreeMap<T, ApiError>;

impl Work<'_> {
    async fn run(&self) -> Result<ChunkReport, Error> {
        let keys = self.rows.keys;
        let all = self.rows.first..self.rows.first.saturating_add(self.rows.count);
        // Salesforce does not let an upsert name the parent or the price book entry of a line that exists, so rows that
        // an earlier run has written are not sent again.
        let repeated = self.loads.settle().await?;
        let existing = self.existing(repeated, "Opportunity", |key| keys.number_of(key)).await?;
        let missing = all.clone().filter(|number| !existing.contains(number)).collect();
        let failed = self.upsert(
            "Opportunity",
            &OPPORTUNITY_COLUMNS,
            missing,
            |n| self.rows.opportunity(n),
            |key| keys.number_of(key),
        );
        let failed = failed.await?;

        let existing = self.existing(repeated, "OpportunityLineItem", |key| keys.line_of(key)).await?;
        let missing = all
            .filter(|number| !failed.contains_key(number))
            .flat_map(|number| (1..=self.lines).map(move |line| (number, line)))
            .filter(|line| !existing.contains(line))
            .collect();
        let line_row = |(number, line)| self.rows.line(number, line);
        let failed_lines =
            self.upsert("OpportunityLineItem", &LINE_COLUMNS, missing, line_row, |key| keys.line_of(key)).await?;
        Ok(self.report(failed, failed_lines))
    }

    /// What of this chunk exists in the org. Nothing, unless an earlier run has sent rows.
    async fn existing<T: Eq + std::hash::Hash>(
        &self,
        repeated: bool,
        object: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<HashSet<T>, Error> {
        let mut found = HashSet::new();
        if repeated {
            let mut rows = self.client.query::<KeyRow>(self.rows.keys.existing(object));
            while let Some(row) = rows.try_next().await? {
                found.extend(read(&row.key));
            }
        }
        Ok(found)
    }

    /// Writes rows, again those that met what passes by itself, and gives those that failed for good.
    async fn upsert<T: Copy + Ord + Send + Sync>(
        &self,
        object: &str,
        columns: &[&str],
        mut pending: Vec<T>,
        row: impl Fn(T) -> Row + Send + Sync,
        read: impl Fn(&str) -> Option<T> + Send + Sync,
    ) -> Result<Failures<T>, Error> {
        let columns = Columns::new(columns.iter().copied())?;
        let spec = IngestSpec::new(object, IngestOperation::Upsert { external_id: SAMPLE_DATA_KEY.to_owned() });
        let mut failures = Failures::new();
        for round in 1..=ROUNDS {
            if pending.is_empty() {
                break;
            }
            let mut again = BTreeSet::new();
            let rows = stream::iter(pending.iter().map(|item| Ok::<_, Error>(row(*item))));
            let mut on_row = |result: RowResult| {
                let RowOutcome::Failed { error, .. } = result.outcome else { return };
                let Some(item) = result.row.get(SAMPLE_DATA_KEY).and_then(&read) else { return };
                if error.passes() && round < ROUNDS {
                    again.insert(item);
                } else {
                    failures.insert(item, error);
                }
            };
            self.loads.write(spec.clone(), columns.clone(), rows, Wanted::Failures, &mut on_row).await?;
            pending = again.into_iter().collect();
        }
        Ok(failures)
    }

    fn report(&self, failed: Failures<u32>, failed_lines: Failures<(u32, u32)>) -> ChunkReport {
        let all = u64::from(self.rows.count);
        let created = all.saturating_sub(len(&failed));
        let lines = (created * u64::from(self.lines)).saturating_sub(len(&failed_lines));
        let mut errors: Vec<RecordError> =
            failed.into_iter().map(|(number, error)| record_error(number, error, None)).collect();
        let mut last = None;
        for ((number, line), error) in failed_lines {
            if last.replace(number) != Some(number) {
                errors.push(record_error(number, error, Some(line)));
            }
        }
        let failed = u64::try_from(errors.len()).unwrap_or(u64::MAX);
        ChunkReport {
            processed: all,
            succeeded: all.saturating_sub(failed),
            skipped: 0,
            failed,
            errors,
            counters: BTreeMap::from([(OPPORTUNITIES.to_owned(), created), (OPPORTUNITY_LINE_ITEMS.to_owned(), lines)]),
        }
    }
}

fn len<T>(failures: &Failures<T>) -> u64 {
    u64::try_from(failures.len()).unwrap_or(u64::MAX)
}

/// The first error of an Opportunity; of a line of it, when the Opportunity itself was written.
fn record_error(number: u32, error: ApiError, line: Option<u32>) -> RecordError {
    let message = line.map_or_else(|| error.message.clone(), |line| format!("line {line}: {}", error.message));
    RecordError { record_id: opportunity_name(number), code: error.error_code, message }
}
