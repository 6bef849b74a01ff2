//! The job kind `generateQuotes`: which Opportunities, a chunk of Quotes, and the end.

use futures_util::future::BoxFuture;
use shared::applink::callback::{self, Delivery};
use shared::jobs::{Chunk, ChunkReport, JobKind, JobView, NewChunk, PlanStep, RecordError, TaskContext, TaskError};
use shared::quotes::batch::{BatchResult, GENERATE_QUOTES, GenerateQuotes, QUOTE_LINE_ITEMS, QUOTES};
use shared::quotes::key::JobKey;
use shared::quotes::pricing::PricingRules;
use shared::quotes::{GenerateError, Generator, GeneratorSettings, Outcome, plan};
use shared::salesforce::{
    AllowedHosts, Client, ClientSettings, Error, ErrorKind, FixedSession, SalesforceId, Session, soql,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Flag of a job: Quotes were written in stages, so incomplete ones may be left over.
const STAGED: &str = "staged";

/// The kind, with what it shares between tasks.
pub(crate) struct GenerateQuotesKind {
    pub(crate) http: reqwest::Client,
    pub(crate) hosts: AllowedHosts,
    pub(crate) rules: Arc<PricingRules>,
    pub(crate) generator: GeneratorSettings,
    pub(crate) chunk_size: usize,
    /// How long the org's jobs rest after it has reached its API limit.
    pub(crate) limit_pause: Duration,
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
            let client = self.client(self.session(cx)?);
            let page = plan::next_page(&client, &filter, after.as_ref(), self.chunk_size)
                .await
                .map_err(|error| self.task_error(error))?;
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
            let key = JobKey::new(cx.job_id.to_string()).map_err(|error| fail(&error))?;
            let note = || -> BoxFuture<'_, Result<(), String>> {
                Box::pin(async { cx.set_flag(STAGED).await.map_err(|error| error.to_string()) })
            };
            // Somebody else may have written part of it: an earlier run, or this one before it was given back.
            let repeated = cx.delivery > 1 || cx.run > 1;
            let generator = self.generator(cx)?;
            let outcomes =
                generator.generate(&key, &ids, repeated, &note).await.map_err(|error| self.generate_error(error))?;
            Ok(report(outcomes))
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move {
            if cx.flag(STAGED).await.map_err(|error| retry(&error))? {
                let key = JobKey::new(cx.job_id.to_string()).map_err(|error| fail(&error))?;
                let generator = self.generator(cx)?;
                let deleted = generator.delete_incomplete(&key).await.map_err(|error| self.generate_error(error))?;
                tracing::info!(deleted, "incomplete Quotes removed");
            }
            match params(cx)?.callback_url {
                Some(url) => self.call_back(cx, job, url.as_str()).await,
                None => Ok(()),
            }
        })
    }
}

impl GenerateQuotesKind {
    fn session(&self, cx: &TaskContext) -> Result<Session, TaskError> {
        let stored = cx.session.as_ref().ok_or_else(|| TaskError::NeedsAuthorization {
            reason: "the job's session is no longer kept; resume the job".to_owned(),
        })?;
        let session = Session::from_secret(stored).map_err(|error| fail(&error))?;
        // This worker's own list decides where it sends a token.
        self.hosts.check(session.instance_url.as_str()).map_err(|error| fail(&error))?;
        Ok(session)
    }

    fn client(&self, session: Session) -> Client {
        Client::new(self.http.clone(), Arc::new(FixedSession(session)), ClientSettings::default())
    }

    fn generator(&self, cx: &TaskContext) -> Result<Generator, TaskError> {
        let session = self.session(cx)?;
        let version = session.api_version.clone();
        let (client, settings) = (self.client(session), self.generator.clone());
        Ok(Generator::new(client, version, self.rules.clone(), settings, cx.cancelled.clone()))
    }

    async fn call_back(&self, cx: &TaskContext, job: &JobView, url: &str) -> Result<(), TaskError> {
        let url = self.hosts.check(url).map_err(|error| fail(&error))?;
        let error = match (job.planned, job.dropped_chunks) {
            (true, 0) => None,
            _ => Some(job.reason.clone().unwrap_or_else(|| "the job was cancelled".to_owned())),
        };
        let body = BatchResult {
            job_id: cx.job_id.to_string(),
            run: job.run,
            quotes: job.counters.get(QUOTES).copied().unwrap_or_default(),
            processed: job.processed,
            succeeded: job.succeeded,
            skipped: job.skipped,
            failed: job.failed,
            error,
        };
        match callback::deliver(&self.http, &self.session(cx)?, url, &body).await {
            Ok(Delivery::Taken) => Ok(()),
            Ok(Delivery::Refused(status)) => fail_with(format!("the callback was answered {status}")),
            Err(error) => Err(retry(&error)),
        }
    }

    fn generate_error(&self, error: GenerateError) -> TaskError {
        match error {
            GenerateError::Salesforce(error) => self.task_error(error),
            GenerateError::Cancelled | GenerateError::Note(_) => retry(&error),
            GenerateError::Pack(_) => fail(&error),
        }
    }

    fn task_error(&self, error: Error) -> TaskError {
        let reason = error.to_string();
        match error.kind() {
            ErrorKind::SessionExpired => TaskError::NeedsAuthorization { reason },
            ErrorKind::LimitExceeded => {
                TaskError::PauseOrg { reason, wait: error.retry_after().unwrap_or(self.limit_pause) }
            }
            ErrorKind::Transient | ErrorKind::RowLocked | ErrorKind::Malformed => {
                TaskError::Retry { reason, after: error.retry_after() }
            }
            // Not found, forbidden, invalid: trying again is useless.
            _ => TaskError::Fail { reason },
        }
    }
}

fn params(cx: &TaskContext) -> Result<GenerateQuotes, TaskError> {
    serde_json::from_value(cx.params.clone()).map_err(|error| fail(&error))
}

fn fail(error: &dyn std::error::Error) -> TaskError {
    TaskError::Fail { reason: error.to_string() }
}

fn fail_with(reason: String) -> Result<(), TaskError> {
    Err(TaskError::Fail { reason })
}

fn retry(error: &dyn std::error::Error) -> TaskError {
    TaskError::Retry { reason: error.to_string(), after: None }
}

fn report(outcomes: Vec<(SalesforceId, Outcome)>) -> ChunkReport {
    let mut report = ChunkReport::default();
    let (mut quotes, mut quote_lines) = (0, 0);
    for (opportunity, outcome) in outcomes {
        report.processed += 1;
        match outcome {
            Outcome::Quoted { lines, .. } => {
                report.succeeded += 1;
                quotes += 1;
                quote_lines += u64::try_from(lines).unwrap_or(u64::MAX);
            }
            Outcome::Skipped => report.skipped += 1,
            Outcome::Failed(failure) => {
                report.failed += 1;
                report.errors.push(RecordError {
                    record_id: opportunity.to_string(),
                    code: failure.code,
                    message: failure.message,
                });
            }
        }
    }
    report.counters = BTreeMap::from([(QUOTES.to_owned(), quotes), (QUOTE_LINE_ITEMS.to_owned(), quote_lines)]);
    report
}
