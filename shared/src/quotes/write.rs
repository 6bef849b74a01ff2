//! Quotes that fit one graph: many graphs a request, each atomic.

use super::draft::Draft;
use super::generate::{GenerateError, Generator, Work};
use super::key::{JobKey, QUOTE_JOB_KEY};
use super::{Failure, Outcome};
use crate::salesforce::SalesforceId;
use crate::salesforce::{Error, ErrorKind, MAX_COLLECTION_RECORDS};
use crate::salesforce::{GraphOutcome, NodeError};
use crate::salesforce::{GraphRequest, MAX_NODES, UnitOfWork};
use futures_util::TryStreamExt;
use serde::Deserialize;
use std::collections::HashMap;

/// Codes of errors that pass by themselves, though they stand in an answer that was given.
pub(super) const LOCKED: [&str; 3] = ["UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"];

/// A Quote that the work has made.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QuoteRow {
    pub(super) id: SalesforceId,
    #[serde(default)]
    pub(super) opportunity_id: Option<SalesforceId>,
    #[serde(default, rename = "QuoteJobKey__c")]
    pub(super) job_key: Option<String>,
    #[serde(default)]
    pub(super) line_item_count: Option<usize>,
}

/// The Quotes of one Opportunity.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Existing {
    pub(super) complete: Option<SalesforceId>,
    /// There is one that is not complete.
    pub(super) staging: bool,
}

/// Drafts that no request has settled, and what is known of them.
struct Round {
    pending: Vec<Draft>,
    /// A request may have been committed though its answer was lost.
    uncertain: bool,
    /// Why some are still pending: nothing (not tried), or the last error.
    error: Option<Error>,
    /// Opportunities whose rows were locked, with Salesforce's words.
    locked: HashMap<SalesforceId, Failure>,
}

/// What a failed graph means.
pub(super) enum Verdict {
    /// Its Quote exists already.
    Exists,
    /// Another transaction held a row: try again.
    Locked(Failure),
    /// The data is at fault.
    Refused(Failure),
}

impl Draft {
    /// Whether the Quote and all its lines are one transaction.
    pub(super) fn fits_one_graph(&self) -> bool {
        self.line_count() < MAX_NODES
    }
}

impl Generator {
    /// Writes `drafts` and puts what became of each into `outcomes`.
    pub(super) async fn write_atomically(
        &self,
        work: &Work<'_>,
        drafts: Vec<Draft>,
        repeated: bool,
        outcomes: &mut HashMap<SalesforceId, Outcome>,
    ) -> Result<(), GenerateError> {
        let mut uncertain = repeated;
        let mut pending = drafts;
        let mut idle_rounds = 0;
        while !pending.is_empty() {
            if uncertain {
                pending = self.settle_existing(work.key, pending, outcomes).await?;
            }
            let before = pending.len();
            let round = self.submit(work, pending, outcomes).await?;
            (pending, uncertain) = (round.pending, round.uncertain);
            if pending.len() < before {
                idle_rounds = 0;
            } else {
                idle_rounds += 1;
            }
            if idle_rounds > self.settings.max_rounds {
                return give_up(pending, round.locked, round.error, outcomes);
            }
            if round.error.is_some() || !round.locked.is_empty() {
                self.pause(idle_rounds).await?;
            }
        }
        Ok(())
    }

    /// Sends all of `pending` once.
    async fn submit(
        &self,
        work: &Work<'_>,
        pending: Vec<Draft>,
        outcomes: &mut HashMap<SalesforceId, Outcome>,
    ) -> Result<Round, GenerateError> {
        let mut round = Round { pending: Vec::new(), uncertain: false, error: None, locked: HashMap::new() };
        let mut open: HashMap<String, Draft> = HashMap::with_capacity(pending.len());
        let mut unit = UnitOfWork::new();
        for (number, draft) in pending.into_iter().enumerate() {
            let graph_id = format!("opportunity{number}");
            let key = work.key.complete(&draft.opportunity);
            unit.push(draft.graph(graph_id.clone(), &key, draft.line_count())?);
            open.insert(graph_id, draft);
        }
        for request in unit.into_requests(&self.api_version)? {
            self.check_cancelled()?;
            self.submit_one(&request, &mut open, &mut round, outcomes).await?;
        }
        // In the order of ids, so that a resubmission locks rows in the same order as the first try.
        let mut rest: Vec<_> = open.into_values().collect();
        rest.sort_by_key(|draft| draft.opportunity);
        round.pending = rest;
        Ok(round)
    }

    /// Sends one request; what it settles leaves `open`.
    async fn submit_one(
        &self,
        request: &GraphRequest,
        open: &mut HashMap<String, Draft>,
        round: &mut Round,
        outcomes: &mut HashMap<SalesforceId, Outcome>,
    ) -> Result<(), GenerateError> {
        let results = match self.client.submit_graphs(request).await {
            Ok(results) => results,
            Err(error) => {
                round.uncertain |= error.may_have_committed();
                return match error.kind() {
                    ErrorKind::Transient | ErrorKind::RowLocked => {
                        tracing::warn!(%error, graphs = request.graph_ids().count(), "graph request failed, will ask what exists");
                        round.error = Some(error);
                        Ok(())
                    }
                    _ => Err(error.into()),
                };
            }
        };
        for result in results {
            let Some(draft) = open.get(&result.graph_id) else { continue };
            let opportunity = draft.opportunity;
            let settled = match result.outcome {
                GraphOutcome::NotTried => continue,
                GraphOutcome::Committed { ids } => match ids.first().copied().flatten() {
                    Some(quote) => Outcome::Quoted { quote, lines: draft.line_count() },
                    None => {
                        // Committed, but without the id: the lookup before the next round settles it.
                        round.uncertain = true;
                        continue;
                    }
                },
                GraphOutcome::Failed { causes } => match verdict(&causes) {
                    Verdict::Exists => {
                        round.uncertain = true;
                        continue;
                    }
                    Verdict::Locked(failure) => {
                        round.locked.insert(opportunity, failure);
                        continue;
                    }
                    Verdict::Refused(failure) => Outcome::Failed(failure),
                },
            };
            open.remove(&result.graph_id);
            outcomes.insert(opportunity, settled);
        }
        Ok(())
    }

    /// Takes out of `pending` what has its Quote.
    async fn settle_existing(
        &self,
        key: &JobKey,
        pending: Vec<Draft>,
        outcomes: &mut HashMap<SalesforceId, Outcome>,
    ) -> Result<Vec<Draft>, GenerateError> {
        let ids: Vec<_> = pending.iter().map(|draft| &draft.opportunity).collect();
        let existing = self.existing(key, &ids).await?;
        let mut missing = Vec::with_capacity(pending.len());
        for draft in pending {
            match existing.get(&draft.opportunity).and_then(|found| found.complete) {
                Some(quote) => {
                    outcomes.insert(draft.opportunity, Outcome::Quoted { quote, lines: draft.line_count() });
                }
                None => missing.push(draft),
            }
        }
        Ok(missing)
    }

    /// Which Quotes of these Opportunities exist under the key.
    pub(super) async fn existing(
        &self,
        key: &JobKey,
        opportunities: &[&SalesforceId],
    ) -> Result<HashMap<SalesforceId, Existing>, GenerateError> {
        let rows: Vec<QuoteRow> = self.client.query(key.existing_quotes(opportunities)).try_collect().await?;
        let mut existing: HashMap<SalesforceId, Existing> = HashMap::new();
        for row in rows {
            let (Some(opportunity), Some(job_key)) = (row.opportunity_id, row.job_key) else { continue };
            let entry = existing.entry(opportunity).or_default();
            if JobKey::is_staging(&job_key) {
                entry.staging = true;
            } else {
                entry.complete = Some(row.id);
            }
        }
        Ok(existing)
    }

    /// Deletes Quotes with their lines, some hundred in a call; those that are gone already are fine. Only for Quotes that
    /// nobody can complete any more.
    pub(super) async fn delete_quotes(&self, quotes: &[SalesforceId]) -> Result<(), GenerateError> {
        for some in quotes.chunks(MAX_COLLECTION_RECORDS) {
            self.check_cancelled()?;
            let results = self.client.delete_many(some, false).await?;
            for (quote, result) in some.iter().zip(results) {
                if result.is_err() {
                    // Alone it gets its own error, and its own tries.
                    match self.client.delete("Quote", quote).await {
                        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Deletes the Quote that carries this staging key, with its lines; none is fine. By key and not by id: whoever builds
    /// it may have completed it since it was seen, and it carries another key then.
    pub(super) async fn delete_staging(&self, staging_key: &str) -> Result<(), GenerateError> {
        match self.client.delete_by_external_id("Quote", QUOTE_JOB_KEY, staging_key).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Ends rounds that bring nothing: locked rows fail their own Opportunity, anything else the call.
fn give_up(
    pending: Vec<Draft>,
    mut locked: HashMap<SalesforceId, Failure>,
    error: Option<Error>,
    outcomes: &mut HashMap<SalesforceId, Outcome>,
) -> Result<(), GenerateError> {
    if let Some(error) = error {
        return Err(error.into());
    }
    for draft in pending {
        let failure = locked.remove(&draft.opportunity).unwrap_or_else(|| Failure {
            code: "NOT_WRITTEN".to_owned(),
            message: "Salesforce did not try the Quote, or says that it exists but does not show it to this user"
                .to_owned(),
        });
        outcomes.insert(draft.opportunity, Outcome::Failed(failure));
    }
    Ok(())
}

pub(super) fn verdict(causes: &[NodeError]) -> Verdict {
    let Some(error) = causes.iter().flat_map(|cause| &cause.errors).next() else {
        return Verdict::Refused(Failure { code: "UNKNOWN".to_owned(), message: "failed without a reason".to_owned() });
    };
    let failure = Failure { code: error.error_code.clone(), message: error.message.clone() };
    match error.error_code.as_str() {
        // The org may have unique fields of its own, also on lines.
        "DUPLICATE_VALUE" if error.message.contains(QUOTE_JOB_KEY) => Verdict::Exists,
        code if LOCKED.contains(&code) => Verdict::Locked(failure),
        _ => Verdict::Refused(failure),
    }
}
