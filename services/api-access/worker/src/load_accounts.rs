//! The job kind `loadAccounts`: numbered sample Accounts, upserted by their keys.

use crate::bulk_chunk::{BulkChunk, Earlier};
use crate::connection::{Connections, loaded};
use crate::report::{ROUNDS, has_passing, report};
use crate::samples::{COLUMNS, Sample};
use futures_util::future::BoxFuture;
use futures_util::stream;
use shared::contracts::api_access::{KEY_FIELD, LoadAccounts, MAX_COUNT};
use shared::jobs::{Chunk, ChunkReport, JobKind, JobView, Kind, Looked, NewChunk, PlanStep, TaskContext, TaskError};
use shared::salesforce::bulk::{Columns, IngestOperation, IngestSpec, JobInfo};
use shared::work::fail;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Chunks of a big load. Each is a step of the bar and half a dozen API calls.
const CHUNKS: u32 = 20;

/// Accounts of a chunk, of a small load and of a big one. Salesforce works off 200 rows at a time.
const CHUNK_ROWS: RangeInclusive<u32> = 200..=5_000;

/// The kind, with what it shares between tasks.
pub(crate) struct LoadAccountsKind {
    pub(crate) connections: Connections,
}

impl JobKind for LoadAccountsKind {
    fn kind(&self) -> Kind {
        Kind::of::<LoadAccounts>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(async move {
            match cx.params::<LoadAccounts>() {
                Ok(params) => self.connections.look(cx, &params.connection, limit).await,
                Err(_) => Looked::Unknown,
            }
        }))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, _cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let LoadAccounts { connection, count, .. } = cx.params()?;
            let connection = self.connections.open(cx, &connection).await?;
            // An org without the key field refuses this in one sentence, which a failed bulk job would not.
            let there = format!("SELECT COUNT() FROM Account WHERE {}", loaded());
            connection.work().client().count(&there).await.map_err(|error| connection.task_error(&error))?;
            let chunks = ranges(count.min(MAX_COUNT)).map(|numbers| NewChunk {
                payload: format!("{}-{}", numbers.start(), numbers.end()),
                records: u64::from(numbers.end() - numbers.start()) + 1,
            });
            Ok(PlanStep { chunks: chunks.collect(), cursor: String::new(), done: true })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let numbers = numbers(&chunk.payload).ok_or_else(|| TaskError::Fail {
                reason: format!("the chunk's payload is not a range of numbers: {}", chunk.payload),
            })?;
            let connection = self.connections.open(cx, &cx.params::<LoadAccounts>()?.connection).await?;
            let bulk_chunk = BulkChunk::new(cx, &connection, chunk.number);
            let mut ended = match bulk_chunk.earlier().await? {
                Earlier::Ended(info) => Some(info),
                Earlier::Broken | Earlier::Nothing => None,
            };
            let mut round = 1;
            loop {
                let info = match ended.take() {
                    Some(info) => info,
                    // All of them: the keys make that rows which were loaded already are found, not made again.
                    None => send(&bulk_chunk, numbers.clone()).await?,
                };
                let report = report(&connection, &info, KEY_FIELD).await?;
                if round == ROUNDS || !has_passing(&report) || cx.cancelled.is_cancelled() {
                    return Ok(report);
                }
                round += 1;
            }
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move { self.connections.finish(cx, &cx.params::<LoadAccounts>()?.connection, job).await })
    }
}

async fn send(bulk_chunk: &BulkChunk<'_>, numbers: RangeInclusive<u32>) -> Result<JobInfo, TaskError> {
    let columns = Columns::new(COLUMNS).map_err(|error| fail(&error))?;
    let spec = IngestSpec::new("Account", IngestOperation::Upsert { external_id: KEY_FIELD.to_owned() });
    let row = columns.clone();
    let rows = stream::iter(numbers.map(move |number| row.row(&Sample::number(number))));
    bulk_chunk.send(spec, columns, rows).await
}

/// The numbers from 1 to `count`, cut into chunks.
fn ranges(count: u32) -> impl Iterator<Item = RangeInclusive<u32>> {
    let size = count.div_ceil(CHUNKS).clamp(*CHUNK_ROWS.start(), *CHUNK_ROWS.end());
    (0..count.div_ceil(size)).map(move |chunk| chunk * size + 1..=((chunk + 1) * size).min(count))
}

fn numbers(payload: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = payload.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (1 <= first && first <= last && last <= MAX_COUNT).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_number_once() {
        for count in [1, 199, 200, 201, 1_000, 4_001, 99_999, MAX_COUNT] {
            let all: Vec<u32> = ranges(count).flatten().collect();
            assert!(all.iter().copied().eq(1..=count), "{count}");
        }
    }

    #[test]
    fn a_load_has_enough_chunks_for_a_bar_and_not_too_many() {
        let sizes = [(1, 1), (1_000, 5), (4_000, 20), (20_000, 20), (100_000, 20)];
        for (count, chunks) in sizes {
            assert_eq!(ranges(count).count(), chunks, "{count}");
        }
    }

    #[test]
    fn a_broken_payload_is_refused() {
        assert_eq!(numbers("201-400"), Some(201..=400));
        for payload in ["", "1", "0-5", "5-1", "1-100001", "a-b", "1-2-3", "-1-2"] {
            assert_eq!(numbers(payload), None, "{payload}");
        }
    }
}
