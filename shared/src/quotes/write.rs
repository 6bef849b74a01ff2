//! Quotes that fit one graph: many graphs a request, each atomic.

use super::draft::Draft;
use super::generate::{GenerateError, Generator, Work};
use super::key::{JobKey, QUOTE_JOB_KEY};
use super::quote_row::QuoteRow;
use super::{Failure, Outcome};
use crate::salesforce::SalesforceId;
use crate::salesforce::{ApiError, Error, ErrorKind, MAX_COLLECTION_RECORDS};
use crate::salesforce::{GraphOutcome, GraphResult, NodeError};
use crate::salesforce::{GraphRequest, MAX_NODES, UnitOfWork};
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, TryStreamExt};
use std::collections::HashMap;
use std::time::Duration;

/// Salesforce's code for a value that another record has in a unique field.
pub(super) const DUPLICATE: &str = "DUPLICATE_VALUE";

/// Times that a Quote may meet a duplicate without being there, before its Opportunity fails. Twice, for the other one may
/// have been deleted in between.
pub(super) const DUPLICATES: u32 = 2;

/// Until a request that waits asks for room again, at first; then each time twice as long, until another one is answered.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// The longest such time: room that others leave is nobody's until then.
const ASK_AGAIN_AT_MOST: Duration = Duration::from_millis(250);

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
    /// Opportunities that met what passes by itself, with Salesforce's words.
    passing: HashMap<SalesforceId, Failure>,
    /// Opportunities whose Quote met another one with a value of its own, with Salesforce's words.
    duplicates: HashMap<SalesforceId, Failure>,
}

/// What a failed graph means.
pub(super) enum Verdict {
    /// The Quote met another one with the same value in a unique field. It is the same Quote if that is its key: ask. The
    /// words do not tell, for an org may write `<unknown>` in place of the field.
    Duplicate(Failure),
    /// Nothing is wrong with the data: try again.
    Passing(Failure),
    /// The data is at fault.
    Refused(Failure),
}

/// Node of the Quote in a graph that begins with it ([`Draft::graph`]).
pub(super) const QUOTE_NODE: usize = 0;

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
        let (mut duplicates, mut met) = (HashMap::new(), HashMap::new());
        while !pending.is_empty() {
            if uncertain {
                pending = self.settle_existing(work.key, pending, outcomes).await?;
                pending.retain(|draft| !is_of_another(&draft.opportunity, &mut duplicates, &mut met, outcomes));
            }
            let before = pending.len();
            let round = self.submit(work, pending, outcomes).await?;
            (pending, uncertain, duplicates) = (round.pending, round.uncertain, round.duplicates);
            if pending.len() < before {
                idle_rounds = 0;
            } else {
                idle_rounds += 1;
            }
            if idle_rounds > self.settings.max_rounds {
                return give_up(pending, round.passing, round.error, outcomes);
            }
            if round.error.is_some() || !round.passing.is_empty() {
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
        let mut round = Round {
            pending: Vec::new(),
            uncertain: false,
            error: None,
            passing: HashMap::new(),
            duplicates: HashMap::new(),
        };
        let mut open: HashMap<String, Draft> = HashMap::with_capacity(pending.len());
        let mut unit = UnitOfWork::new();
        for (number, draft) in pending.into_iter().enumerate() {
            let graph_id = format!("opportunity{number}");
            let key = work.key.complete(&draft.opportunity);
            unit.push(draft.graph(graph_id.clone(), self.rules.terms(), &key, draft.line_count())?);
            open.insert(graph_id, draft);
        }
        let requests = unit.into_requests(&self.api_version)?;
        self.submit_all(requests, &mut open, &mut round, outcomes).await?;
        // In the order of ids, so that a resubmission locks rows in the same order as the first try.
        let mut rest: Vec<_> = open.into_values().collect();
        rest.sort_by_key(|draft| draft.opportunity);
        round.pending = rest;
        Ok(round)
    }

    /// Sends the requests, as many at a time as may be under way; what they settle leaves `open`. After an error that ends the
    /// call no further one is sent, but those under way are waited for: they count as calls of the org until they are answered.
    async fn submit_all(
        &self,
        requests: Vec<GraphRequest>,
        open: &mut HashMap<String, Draft>,
        round: &mut Round,
        outcomes: &mut HashMap<SalesforceId, Outcome>,
    ) -> Result<(), GenerateError> {
        let mut waiting = requests.into_iter();
        let mut sent = FuturesUnordered::new();
        let (mut beside, mut ended, mut ask_again) = (0, Ok(()), ASK_AGAIN);
        loop {
            ended = ended.and_then(|()| if waiting.len() > 0 { self.check_cancelled() } else { Ok(()) });
            if ended.is_err() {
                waiting = Vec::new().into_iter();
            }
            let useful = (sent.len() + waiting.len()).saturating_sub(1);
            if useful != beside {
                beside = self.calls_beside(useful).await.unwrap_or(beside.min(useful));
            }
            let free = (beside + 1).saturating_sub(sent.len());
            sent.extend(waiting.by_ref().take(free).map(|request| self.submit_one(request)));
            let answered = tokio::select! {
                biased;
                answered = sent.next() => answered,
                // Other work of the org may have come to its end since, and left room.
                () = tokio::time::sleep(ask_again), if self.beside.is_some() && waiting.len() > 0 => {
                    ask_again = ask_again.saturating_mul(2).min(ASK_AGAIN_AT_MOST);
                    continue;
                }
            };
            ask_again = ASK_AGAIN;
            let Some((graphs, answer)) = answered else { return ended };
            match answer {
                Ok(results) => settle(results, open, round, outcomes),
                Err(error) => {
                    round.uncertain |= error.may_have_committed();
                    if error.kind().passes() {
                        tracing::warn!(%error, graphs, "graph request failed, will ask what exists");
                        round.error = Some(error);
                    } else {
                        ended = ended.and(Err(error.into()));
                    }
                }
            }
        }
    }

    async fn calls_beside(&self, most: usize) -> Option<usize> {
        match &self.beside {
            Some(beside) => beside(most).await,
            None => Some(0),
        }
    }

    /// Sends one request. How many graphs it has, and their results.
    async fn submit_one(&self, request: GraphRequest) -> (usize, Result<Vec<GraphResult>, Error>) {
        (request.graphs().len(), self.client.submit_graphs(&request).await)
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

/// What the results of a request settle leaves `open`.
fn settle(
    results: Vec<GraphResult>,
    open: &mut HashMap<String, Draft>,
    round: &mut Round,
    outcomes: &mut HashMap<SalesforceId, Outcome>,
) {
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
            GraphOutcome::Failed { causes } => match verdict(causes, Some(QUOTE_NODE)) {
                Verdict::Duplicate(failure) => {
                    round.uncertain = true;
                    round.duplicates.insert(opportunity, failure);
                    continue;
                }
                Verdict::Passing(failure) => {
                    round.passing.insert(opportunity, failure);
                    continue;
                }
                Verdict::Refused(failure) => Outcome::Failed(failure),
            },
        };
        open.remove(&result.graph_id);
        outcomes.insert(opportunity, settled);
    }
}

/// Whether the Quote of this Opportunity, which is not there, has met that of another so often that it is no use to try
/// again. Its outcome is then Salesforce's word.
fn is_of_another(
    opportunity: &SalesforceId,
    duplicates: &mut HashMap<SalesforceId, Failure>,
    met: &mut HashMap<SalesforceId, u32>,
    outcomes: &mut HashMap<SalesforceId, Outcome>,
) -> bool {
    let Some(failure) = duplicates.remove(opportunity) else { return false };
    let times = met.entry(*opportunity).or_default();
    *times += 1;
    if *times < DUPLICATES {
        return false;
    }
    outcomes.insert(*opportunity, Outcome::Failed(failure));
    true
}

/// Ends rounds that bring nothing: what passes by itself and has not fails its own Opportunity, anything else the call.
fn give_up(
    pending: Vec<Draft>,
    mut passing: HashMap<SalesforceId, Failure>,
    error: Option<Error>,
    outcomes: &mut HashMap<SalesforceId, Outcome>,
) -> Result<(), GenerateError> {
    if let Some(error) = error {
        return Err(error.into());
    }
    for draft in pending {
        let failure = passing.remove(&draft.opportunity).unwrap_or_else(|| Failure {
            code: "NOT_WRITTEN".to_owned(),
            message: "Salesforce did not try the Quote".to_owned(),
        });
        outcomes.insert(draft.opportunity, Outcome::Failed(failure));
    }
    Ok(())
}

/// `quote_node` is the node that gives the Quote a key, if there is one.
pub(super) fn verdict(causes: Vec<NodeError>, quote_node: Option<usize>) -> Verdict {
    let is_duplicate = |cause: &NodeError| {
        Some(cause.node) == quote_node && cause.errors.iter().any(|error| error.error_code == DUPLICATE)
    };
    let passes = |cause: &NodeError| cause.kind().passes();
    // What decides, before what would pass; the first of each.
    let decisive = causes.iter().position(is_duplicate).or_else(|| causes.iter().position(|cause| !passes(cause)));
    let Some(cause) = causes.into_iter().nth(decisive.unwrap_or_default()) else {
        return Verdict::Refused(unexplained());
    };
    let (duplicate, passing) = (is_duplicate(&cause), passes(&cause));
    let status = cause.status;
    let told = |error: &ApiError| match duplicate {
        true => error.error_code == DUPLICATE,
        false => error.kind(status).passes() == passing,
    };
    let failure = cause.errors.into_iter().find(told).map_or_else(unexplained, Failure::from);
    match (duplicate, passing) {
        (true, _) => Verdict::Duplicate(failure),
        (false, true) => Verdict::Passing(failure),
        (false, false) => Verdict::Refused(failure),
    }
}

fn unexplained() -> Failure {
    Failure { code: "UNKNOWN".to_owned(), message: "failed without a reason".to_owned() }
}
