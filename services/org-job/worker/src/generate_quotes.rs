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
use shared::quotes::opportunity::Opportunity;
use shared::quotes::plan::FirstPage;
use shared::quotes::{QuoteSettings, plan};
use shared::salesforce::soql::{self, WhereClause};
use shared::salesforce::{ErrorKind, InvalidId, SalesforceId};
use shared::work::{OrgWork, Orgs, TaskUser, callback, fail, quote_chunk};
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
        if url.is_none() && !quote_chunk::has_staged(cx).await? {
            return Ok(());
        }
        let org = self.orgs.open(cx, &TaskUser::Caller).await?;
        quote_chunk::remove_incomplete(cx, &self.orgs, &org, &self.quotes, job).await?;
        let Some(url) = url else { return Ok(()) };
        match callback::post(cx, &self.orgs, &org, url.as_str(), &result(cx, job)).await? {
            Delivery::Taken => Ok(()),
            Delivery::Refused(status) => Err(TaskError::Fail { reason: format!("the callback was answered {status}") }),
        }
    }

    /// The first page of a plan. All that the Quotes of its first chunk need is read at once, so that a small job has its plan
    /// and can go on with the Quotes after one call. The rest is counted with its first page: big jobs are written in another way.
    async fn first_page(&self, cx: &TaskContext, org: &OrgWork, filter: &WhereClause) -> Result<PlanStep, TaskError> {
        let (client, size) = (org.client(), self.chunk_size);
        let refused = |error| self.orgs.task_error(&error);
        let first = match plan::first_page(client, filter, size, &self.quotes).await {
            Ok(first) => first,
            // A user may not see a field of it, for example. Then the condition still says what the job covers, and each chunk
            // has the reason why it fails.
            Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) => FirstPage::default(),
            Err(error) => return Err(refused(error)),
        };
        let read: Vec<_> = first.opportunities.iter().map(|opportunity| opportunity.id).collect();
        let (mut count, mut last, mut rest) = (records(read.len()), first.last, Vec::new());
        let threshold = self.bulk.threshold.unwrap_or(u64::MAX);
        if !last && count < threshold {
            let count_to = self.bulk.threshold.map_or(0, |threshold| threshold - count);
            let room = plan::page_limit(size);
            let (page, more) =
                plan::counted_page(client, filter, read.last(), room, count_to).await.map_err(refused)?;
            (count, last, rest) = (count.saturating_add(more), page.last, page.ids);
        }
        let bulk = count >= threshold;
        tracing::info!(count, bulk, "planning");
        if bulk {
            return self.next_page(org, filter, Place { bulk, after: None }).await;
        }
        let mut step = self.step(Place { bulk, after: read.last().copied() }, &rest, last);
        if !read.is_empty() {
            // What was read is one chunk, also when Salesforce has sent fewer than were asked for.
            step.chunks.insert(0, chunk(&read, bulk));
            cx.hand_on(first.opportunities);
        }
        Ok(step)
    }

    async fn next_page(&self, org: &OrgWork, filter: &WhereClause, place: Place) -> Result<PlanStep, TaskError> {
        let limit = if place.bulk { self.bulk.chunk_size } else { plan::page_limit(self.chunk_size) };
        let page = plan::next_page(org.client(), filter, place.after.as_ref(), limit).await;
        let page = page.map_err(|error| self.orgs.task_error(&error))?;
        Ok(self.step(place, &page.ids, page.last))
    }

    fn step(&self, place: Place, ids: &[SalesforceId], done: bool) -> PlanStep {
        let Place { bulk, after } = place;
        let size = if bulk { self.bulk.chunk_size } else { self.chunk_size };
        let chunks = ids.chunks(size).map(|ids| chunk(ids, bulk));
        let place = Place { bulk, after: ids.last().copied().or(after) };
        PlanStep { chunks: chunks.collect(), cursor: place.cursor(), done }
    }
}

fn chunk(ids: &[SalesforceId], bulk: bool) -> NewChunk {
    let payload = if bulk { plan::encode_bulk(ids) } else { plan::encode_ids(ids) };
    NewChunk { payload, records: records(ids.len()) }
}

fn records(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
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
            match cursor.as_deref() {
                None | Some("") => self.first_page(cx, &org, &filter).await,
                Some(cursor) => {
                    self.next_page(&org, &filter, Place::parse(cursor).map_err(|error| fail(&error))?).await
                }
            }
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let ids = plan::decode_ids(&chunk.payload).map_err(|error| fail(&error))?;
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let outcomes = match plan::is_bulk(&chunk.payload) {
                true => quote_chunk::make_in_bulk(cx, &org, &self.quotes, &chunk, &filter(cx)?, &ids).await,
                false => match cx.handed::<Vec<Opportunity>>().filter(|read| is_about(read, &ids)) {
                    Some(read) => quote_chunk::make_of(cx, &org, &self.quotes, read).await,
                    None => quote_chunk::make(cx, &org, &self.quotes, &ids).await,
                },
            };
            let report = quote_chunk::report(outcomes.map_err(|error| self.orgs.quote_error(&error))?);
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

/// Whether what was read is that of these Opportunities.
fn is_about(read: &[Opportunity], ids: &[SalesforceId]) -> bool {
    read.iter().map(|opportunity| &opportunity.id).eq(ids)
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
