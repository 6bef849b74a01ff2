//! Quotes as the work of a task: a chunk of Opportunities becomes Quotes under the job's key.

use super::chunk_loads::{ChunkLoads, stop_unfinished};
use super::orgs::{OrgWork, Orgs};
use crate::contracts::{QUOTE_LINE_ITEMS, QUOTES};
use crate::jobs::{Chunk, ChunkReport, JobView, RecordError, TaskContext, TaskError};
use crate::quotes::bulk::QuoteLoads;
use crate::quotes::key::JobKey;
use crate::quotes::opportunity::Opportunity;
use crate::quotes::{CallsBeside, GenerateError, Generator, Outcome, QuoteSettings};
use crate::salesforce::SalesforceId;
use crate::salesforce::soql::WhereClause;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Flag of a job: Quotes were written in stages, so incomplete ones may be left over.
const STAGED: &str = "staged";

/// Flag of a job: its Quotes are written through the Bulk API.
const BULK: &str = "bulkQuotes";

/// What became of each Opportunity of a chunk.
pub type Outcomes = Vec<(SalesforceId, Outcome)>;

/// Makes one Quote for each of `ids` (at most [`MAX_CHUNK`](crate::quotes::MAX_CHUNK)) under the job's key, and none
/// that an earlier run of the task has made.
///
/// # Errors
/// [`GenerateError`], for [`Orgs::quote_error`].
pub async fn make(
    cx: &TaskContext,
    org: &OrgWork,
    settings: &QuoteSettings,
    ids: &[SalesforceId],
) -> Result<Outcomes, GenerateError> {
    make_under(&key(cx), cx, org, settings, ids).await
}

/// The same under another key than the job's: that of the request which the job answers.
///
/// # Errors
/// As for [`make`].
pub async fn make_under(
    key: &JobKey,
    cx: &TaskContext,
    org: &OrgWork,
    settings: &QuoteSettings,
    ids: &[SalesforceId],
) -> Result<Outcomes, GenerateError> {
    let note = || note_staged(cx);
    generator(cx, org, settings).generate(key, ids, is_repeated(cx), &note).await
}

/// As [`make`], for Opportunities that the job's plan has read just now.
///
/// # Errors
/// As for [`make`].
pub async fn make_of(
    cx: &TaskContext,
    org: &OrgWork,
    settings: &QuoteSettings,
    opportunities: Vec<Opportunity>,
) -> Result<Outcomes, GenerateError> {
    let (key, note) = (key(cx), || note_staged(cx));
    generator(cx, org, settings).generate_of(&key, opportunities, is_repeated(cx), &note).await
}

/// Somebody else may have written part of it: an earlier run, or this one before it was given back.
fn is_repeated(cx: &TaskContext) -> bool {
    cx.delivery > 1 || cx.run > 1
}

fn note_staged(cx: &TaskContext) -> BoxFuture<'_, Result<(), String>> {
    Box::pin(async { cx.set_flag(STAGED).await.map_err(|error| error.to_string()) })
}

/// Makes one Quote for each of `ids` as [`make`] does, through the Bulk API: for thousands of Opportunities at a time.
/// `filter` is the condition under which they were planned.
///
/// # Errors
/// [`GenerateError`], for [`Orgs::quote_error`].
pub async fn make_in_bulk(
    cx: &TaskContext,
    org: &OrgWork,
    settings: &QuoteSettings,
    chunk: &Chunk,
    filter: &WhereClause,
    ids: &[SalesforceId],
) -> Result<Outcomes, GenerateError> {
    let loads = ChunkLoads::new(cx, org, chunk);
    let repeated = loads.settle().await?;
    for flag in [STAGED, BULK] {
        cx.set_flag(flag).await.map_err(|error| GenerateError::Note(error.to_string()))?;
    }
    let note = |job| loads.note(job);
    let bulk = QuoteLoads { bulk: loads.bulk(), note: &note, key: &key(cx), filter };
    generator(cx, org, settings).generate_in_bulk(&bulk, ids, repeated).await
}

/// The last step of a job that makes Quotes: deletes those that were begun in stages and never completed, if any were.
///
/// # Errors
/// Those of the query, the deletes and Redis.
pub async fn remove_incomplete(
    cx: &TaskContext,
    orgs: &Orgs,
    org: &OrgWork,
    settings: &QuoteSettings,
    job: &JobView,
) -> Result<(), TaskError> {
    if !cx.flag(BULK).await? {
        return remove_incomplete_under(&key(cx), cx, orgs, org, settings).await;
    }
    // A load under way would make more of them behind our back, or complete one.
    stop_unfinished(cx, orgs, org, job).await?;
    let removed = generator(cx, org, settings).delete_incomplete_of_loads(&key(cx)).await;
    let deleted = removed.map_err(|error| orgs.quote_error(&error))?;
    tracing::info!(deleted, "incomplete Quotes removed");
    Ok(())
}

/// The same for Quotes of [`make_under`].
///
/// # Errors
/// As for [`remove_incomplete`].
pub async fn remove_incomplete_under(
    key: &JobKey,
    cx: &TaskContext,
    orgs: &Orgs,
    org: &OrgWork,
    settings: &QuoteSettings,
) -> Result<(), TaskError> {
    if !has_staged(cx).await? {
        return Ok(());
    }
    remove_incomplete_of_others(key, cx, orgs, org, settings).await.map(drop)
}

/// The same for Quotes that another process began under `key`, whatever this job has done. How many there were.
///
/// # Errors
/// Those of the query and the deletes.
pub async fn remove_incomplete_of_others(
    key: &JobKey,
    cx: &TaskContext,
    orgs: &Orgs,
    org: &OrgWork,
    settings: &QuoteSettings,
) -> Result<usize, TaskError> {
    let removed = generator(cx, org, settings).delete_incomplete(key).await;
    let deleted = removed.map_err(|error| orgs.quote_error(&error))?;
    tracing::info!(deleted, "incomplete Quotes removed");
    Ok(deleted)
}

/// Whether the job has written any Quote in stages, so that [`remove_incomplete`] needs the org.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn has_staged(cx: &TaskContext) -> Result<bool, TaskError> {
    Ok(cx.flag(STAGED).await?)
}

/// The outcomes as a job counts them; the counters are [`QUOTES`] and [`QUOTE_LINE_ITEMS`].
pub fn report(outcomes: Outcomes) -> ChunkReport {
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

fn key(cx: &TaskContext) -> JobKey {
    JobKey::of(cx.job_id.as_u128())
}

fn generator(cx: &TaskContext, org: &OrgWork, settings: &QuoteSettings) -> Generator {
    Generator::new(
        org.client().clone(),
        org.session().api_version.clone(),
        Arc::clone(&settings.rules),
        settings.generator.clone(),
        cx.cancelled.clone(),
    )
    .with_calls_beside(calls_beside(cx))
}

/// Calls beside the task's own, as far as the org's limit over all workers allows.
fn calls_beside(cx: &TaskContext) -> Arc<CallsBeside> {
    let calls = cx.calls_beside();
    Arc::new(move |most| {
        let calls = calls.clone();
        Box::pin(async move {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            let set = calls.set(most).await;
            let set = set.inspect_err(|error| tracing::debug!(error = ?error, "one call at a time"));
            set.ok().and_then(|calls| usize::try_from(calls).ok())
        })
    })
}
