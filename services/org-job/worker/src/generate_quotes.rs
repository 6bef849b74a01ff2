//! The job kind `generateQuotes`: which Opportunities, a chunk of Quotes, and the end.

use crate::config::BulkQuotes;
use crate::progress::Progress;
use futures_util::future::BoxFuture;
use shared::applink::callback::Delivery;
use shared::contracts::QUOTES;
use shared::contracts::org_job::{BatchResult, GenerateQuotes};
use shared::jobs::{
    Chunk, ChunkReport, JobKind, JobState, JobView, Kind, Looked, NewChunk, PlanStep, TaskContext, TaskError,
};
use shared::quotes::{QuoteSettings, plan};
use shared::salesforce::soql::{self, WhereClause};
use shared::salesforce::{InvalidId, SalesforceId};
use shared::work::{OrgWork, Orgs, TaskUser, callback, fail, quotes};
use std::time::Duration;

/// The kind, with what it shares between tasks.
pub(crate) struct GenerateQuotesKind {
    pub(crate) orgs: Orgs,
    pub(crate) quotes: QuoteSettings,
    pub(crate) chunk_size: usize,
    pub(crate) bulk: BulkQuotes,
    pub(crate) progress: Progress,
}

/// Start of the plan's cursor when the job's Quotes are written through the Bulk API; the id follows.
const BULK_MARK: &str = "bulk:";

/// Where the plan stands, and how the job's Quotes are written: that is decided once, with the first page.
struct Place {
    bulk: bool,
    after: Option<SalesforceId>,
}

impl Place {
    fn parse(cursor: &str) -> Result<Self, InvalidId> {
        let (bulk, id) = match cursor.strip_prefix(BULK_MARK) {
            Some(id) => (true, id),
            None => (false, cursor),
        };
        Ok(Self { bulk, after: if id.is_empty() { None } else { Some(id.parse()?) } })
    }

    fn cursor(&self) -> String {
        let mark = if self.bulk { BULK_MARK } else { "" };
        format!("{mark}{}", self.after.as_ref().map(SalesforceId::as_str).unwrap_or_default())
    }
}

impl GenerateQuotesKind {
    /// Removes what is incomplete, and calls back.
    async fn end(&self, cx: &TaskContext, job: &JobView) -> Result<(), TaskError> {
        let url = cx.params::<GenerateQuotes>()?.callback_url;
        if url.is_none() && !quotes::has_staged(cx).await? {
            return Ok(());
        }
        let org = self.orgs.open(cx, &TaskUser::Caller).await?;
        quotes::remove_incomplete(cx, &self.orgs, &org, &self.quotes, job).await?;
        let Some(url) = url else { return Ok(()) };
        match callback::post(cx, &self.orgs, &org, url.as_str(), &result(cx, job)).await? {
            Delivery::Taken => Ok(()),
            Delivery::Refused(status) => Err(TaskError::Fail { reason: format!("the callback was answered {status}") }),
        }
    }

    /// The start of a plan. Counting comes first, since big jobs are written in another way.
    async fn start(&self, org: &OrgWork, filter: &WhereClause) -> Result<Place, TaskError> {
        let bulk = match self.bulk.threshold {
            None => false,
            Some(threshold) => {
                let count = plan::count(org.client(), filter).await.map_err(|error| self.orgs.task_error(&error))?;
                tracing::info!(count, bulk = count >= threshold, "planning");
                count >= threshold
            }
        };
        Ok(Place { bulk, after: None })
    }
}

impl JobKind for GenerateQuotesKind {
    fn kind(&self) -> Kind {
        Kind::of::<GenerateQuotes>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(self.orgs.look(cx, &TaskUser::Caller, limit)))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let filter = filter(cx)?;
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let mut place = match cursor.as_deref() {
                None | Some("") => self.start(&org, &filter).await?,
                Some(cursor) => Place::parse(cursor).map_err(|error| fail(&error))?,
            };
            let (limit, size) = match place.bulk {
                true => (self.bulk.chunk_size, self.bulk.chunk_size),
                false => (plan::page_limit(self.chunk_size), self.chunk_size),
            };
            let page = plan::next_page(org.client(), &filter, place.after.as_ref(), limit)
                .await
                .map_err(|error| self.orgs.task_error(&error))?;
            place.after = page.ids.last().copied().or(place.after);
            let chunks = page.ids.chunks(size).map(|ids| NewChunk {
                payload: if place.bulk { plan::encode_bulk(ids) } else { plan::encode_ids(ids) },
                records: u64::try_from(ids.len()).unwrap_or(u64::MAX),
            });
            Ok(PlanStep { chunks: chunks.collect(), cursor: place.cursor(), done: page.last })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let ids = plan::decode_ids(&chunk.payload).map_err(|error| fail(&error))?;
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let outcomes = match plan::is_bulk(&chunk.payload) {
                true => quotes::make_in_bulk(cx, &org, &self.quotes, &chunk, &filter(cx)?, &ids).await,
                false => quotes::make(cx, &org, &self.quotes, &ids).await,
            };
            let report = quotes::report(outcomes.map_err(|error| self.orgs.quote_error(&error))?);
            self.progress.chunk_ended(cx, &org);
            Ok(report)
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move {
            // Whoever else is told is told first. But this step may be given up when they do not listen, or workers are lost
            // with it, and then nobody would tell the end: only its first run leaves that for afterwards.
            if cx.delivery > 1 {
                self.progress.job_ended(cx, &self.orgs, job).await;
            }
            let ended = self.end(cx, job).await;
            // With a session that has expired, no calls left, or an org that does not answer, nothing can be told now, and the step runs again.
            if !matches!(
                ended,
                Err(TaskError::NeedsAuthorization { .. } | TaskError::PauseOrg { .. } | TaskError::Silent { .. })
            ) {
                self.progress.job_ended(cx, &self.orgs, job).await;
            }
            ended
        })
    }
}

fn filter(cx: &TaskContext) -> Result<WhereClause, TaskError> {
    soql::parse_where(&cx.params::<GenerateQuotes>()?.soql_where_clause).map_err(|error| fail(&error))
}

/// What is posted to the callback URL.
fn result(cx: &TaskContext, job: &JobView) -> BatchResult {
    let error = match job.outcome {
        Some(JobState::Cancelled) => Some(job.reason.clone().unwrap_or_else(|| "the job was cancelled".to_owned())),
        Some(JobState::Failed) => Some(job.reason.clone().unwrap_or_else(|| "the job failed".to_owned())),
        _ => None,
    };
    BatchResult {
        job_id: cx.job_id.hyphenated(),
        run: job.run,
        quotes: job.counters.get(QUOTES).copied().unwrap_or_default(),
        processed: job.processed,
        succeeded: job.succeeded,
        skipped: job.skipped,
        failed: job.failed,
        error,
    }
}
