//! The job kind `generateQuotes`: which Opportunities, a chunk of Quotes, and the end.

use futures_util::future::BoxFuture;
use shared::applink::callback::Delivery;
use shared::jobs::{Chunk, ChunkReport, JobKind, JobView, NewChunk, PlanStep, TaskContext, TaskError};
use shared::quotes::batch::{BatchResult, GENERATE_QUOTES, GenerateQuotes, QUOTES};
use shared::quotes::{QuoteSettings, plan};
use shared::salesforce::{SalesforceId, soql};
use shared::work::{Orgs, TaskUser, callback, fail, quotes};

/// The kind, with what it shares between tasks.
pub(crate) struct GenerateQuotesKind {
    pub(crate) orgs: Orgs,
    pub(crate) quotes: QuoteSettings,
    pub(crate) chunk_size: usize,
}

impl JobKind for GenerateQuotesKind {
    fn name(&self) -> &'static str {
        GENERATE_QUOTES
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let filter = soql::parse_where(&params(cx)?.soql_where_clause).map_err(|error| fail(&error))?;
            let after: Option<SalesforceId> = match cursor.as_deref() {
                None | Some("") => None,
                Some(cursor) => Some(cursor.parse().map_err(|error| fail(&error))?),
            };
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let page = plan::next_page(org.client(), &filter, after.as_ref(), self.chunk_size)
                .await
                .map_err(|error| self.orgs.task_error(&error))?;
            let last = page.ids.last().or(after.as_ref()).map(ToString::to_string);
            let chunks = page.ids.chunks(self.chunk_size).map(|ids| NewChunk {
                payload: plan::encode_ids(ids),
                records: u64::try_from(ids.len()).unwrap_or(u64::MAX),
            });
            Ok(PlanStep { chunks: chunks.collect(), cursor: last.unwrap_or_default(), done: page.last })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let ids = plan::decode_ids(&chunk.payload).map_err(|error| fail(&error))?;
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let outcomes = quotes::make(cx, &org, &self.quotes, &ids).await;
            Ok(quotes::report(outcomes.map_err(|error| self.orgs.quote_error(&error))?))
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move {
            let url = params(cx)?.callback_url;
            if url.is_none() && !quotes::has_staged(cx).await? {
                return Ok(());
            }
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            quotes::remove_incomplete(cx, &self.orgs, &org, &self.quotes).await?;
            let Some(url) = url else { return Ok(()) };
            match callback::post(cx, &self.orgs, &org, url.as_str(), &result(cx, job)).await? {
                Delivery::Taken => Ok(()),
                Delivery::Refused(status) => {
                    Err(TaskError::Fail { reason: format!("the callback was answered {status}") })
                }
            }
        })
    }
}

fn params(cx: &TaskContext) -> Result<GenerateQuotes, TaskError> {
    serde_json::from_value(cx.params.clone()).map_err(|error| fail(&error))
}

/// What is posted to the callback URL.
fn result(cx: &TaskContext, job: &JobView) -> BatchResult {
    let error = match (job.planned, job.dropped_chunks) {
        (true, 0) => None,
        _ => Some(job.reason.clone().unwrap_or_else(|| "the job was cancelled".to_owned())),
    };
    BatchResult {
        job_id: cx.job_id.to_string(),
        run: job.run,
        quotes: job.counters.get(QUOTES).copied().unwrap_or_default(),
        processed: job.processed,
        succeeded: job.succeeded,
        skipped: job.skipped,
        failed: job.failed,
        error,
    }
}
