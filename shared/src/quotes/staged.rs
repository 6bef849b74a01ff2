//! Quotes with more lines than one transaction holds.
//!
//! They are built under the staging key and get their final key together with the last lines, in one graph. Whoever
//! finds a staging Quote deletes it and begins anew, so no Quote under a final key ever lacks a line. The caller notes
//! beforehand that leftovers are possible and calls [`Generator::delete_incomplete`] when the work has ended.

use super::draft::Draft;
use super::generate::{GenerateError, Generator, Work};
use super::write::{DUPLICATES, QUOTE_NODE, Verdict, verdict};
use super::{Failure, Outcome};
use crate::salesforce::Error;
use crate::salesforce::{Graph, GraphOutcome};
use crate::salesforce::{MAX_NODES, UnitOfWork};
use crate::salesforce::{SalesforceId, soql};
use serde::de::IgnoredAny;

/// How one step of the way ended.
enum Step {
    /// Written; the id of node 0.
    Done(Option<SalesforceId>),
    /// Nobody knows, or a passing fault: begin anew.
    Again(Again),
    /// The data is at fault, or somebody else has deleted the Quote that was begun.
    Refused { failure: Failure, begun: Option<SalesforceId> },
}

/// Why a Quote is begun anew.
enum Again {
    /// Nothing is known.
    Unknown,
    /// The request as a whole failed.
    Request(Error),
    /// A record met what passes by itself.
    Passing(Failure),
    /// The Quote met another one: it may be there already.
    Duplicate(Failure),
}

impl Step {
    /// The step as one of the Quote that was begun.
    fn of(self, quote: SalesforceId) -> Self {
        match self {
            Self::Refused { failure, .. } => Self::Refused { failure, begun: Some(quote) },
            other => other,
        }
    }
}

impl Generator {
    /// Writes one big Quote, and tells what became of it.
    pub(super) async fn write_in_stages(&self, work: &Work<'_>, draft: &Draft) -> Result<Outcome, GenerateError> {
        (work.note_staging)().await.map_err(GenerateError::Note)?;
        let mut last = Again::Unknown;
        let mut duplicates = 0;
        for round in 0..=self.settings.max_rounds {
            if round > 0 {
                self.pause(round).await?;
            }
            let existing = self.existing(work.key, &[&draft.opportunity]).await?;
            let existing = existing.get(&draft.opportunity).copied().unwrap_or_default();
            // Also beside a complete one: two calls of the same work were under way, and this is what is left of one.
            if existing.staging {
                self.delete_staging(&work.key.staging(&draft.opportunity)).await?;
            }
            if let Some(quote) = existing.complete {
                return Ok(Outcome::Quoted { quote, lines: draft.line_count() });
            }
            if let Again::Duplicate(failure) = &last {
                duplicates += 1;
                if duplicates == DUPLICATES {
                    return Ok(Outcome::Failed(failure.clone()));
                }
            }
            match self.build(work, draft).await? {
                Step::Done(Some(quote)) => return Ok(Outcome::Quoted { quote, lines: draft.line_count() }),
                Step::Done(None) => last = Again::Unknown,
                Step::Again(why) => last = why,
                Step::Refused { failure, begun: None } => return Ok(Outcome::Failed(failure)),
                Step::Refused { failure, begun: Some(begun) } => {
                    if self.still_there(&begun).await? {
                        self.delete_staging(&work.key.staging(&draft.opportunity)).await?;
                        return Ok(Outcome::Failed(failure));
                    }
                    // Another call of the same work took it for a leftover. Whoever is first ends it.
                    last = Again::Unknown;
                }
            }
        }
        // An outage is the caller's to wait out; only what concerns this Quote fails it.
        match last {
            Again::Request(error) => Err(error.into()),
            Again::Passing(failure) | Again::Duplicate(failure) => Ok(Outcome::Failed(failure)),
            Again::Unknown => Ok(Outcome::Failed(Failure {
                code: super::STAGING_INTERRUPTED.to_owned(),
                message: format!(
                    "a Quote of {} lines was interrupted {} times",
                    draft.line_count(),
                    self.settings.max_rounds + 1
                ),
            })),
        }
    }

    /// One try from the first line to the last.
    async fn build(&self, work: &Work<'_>, draft: &Draft) -> Result<Step, GenerateError> {
        let first = MAX_NODES - 1;
        let graph =
            draft.graph("quote".to_owned(), self.rules.terms(), &work.key.staging(&draft.opportunity), first)?;
        let quote = match self.step(graph, Some(QUOTE_NODE)).await? {
            Step::Done(Some(quote)) => quote,
            Step::Done(None) => return Ok(Step::Again(Again::Unknown)),
            other => return Ok(other),
        };
        let complete = work.key.complete(&draft.opportunity);
        let mut written = first;
        // The key takes one record of the last graph, which so holds fewer lines than the others.
        while draft.line_count().saturating_sub(written) >= MAX_NODES {
            match self.step(draft.more_lines(&quote, written, MAX_NODES, None)?, None).await? {
                Step::Done(_) => written += MAX_NODES,
                other => return Ok(other.of(quote)),
            }
        }
        let rest = draft.line_count().saturating_sub(written);
        match self.step(draft.more_lines(&quote, written, rest, Some(&complete))?, Some(rest)).await? {
            Step::Done(_) => {}
            other => return Ok(other.of(quote)),
        }
        Ok(Step::Done(Some(quote)))
    }

    async fn still_there(&self, quote: &SalesforceId) -> Result<bool, GenerateError> {
        let soql = format!("SELECT Id FROM Quote WHERE Id = {}", soql::quote(quote.as_str()));
        Ok(self.client.query_page::<IgnoredAny>(&soql).await?.total_size > 0)
    }

    /// Sends one graph alone, whose node `quote_node` gives the Quote a key.
    async fn step(&self, graph: Graph, quote_node: Option<usize>) -> Result<Step, GenerateError> {
        self.check_cancelled()?;
        let mut unit = UnitOfWork::new();
        unit.push(graph);
        for request in unit.into_requests(&self.api_version)? {
            let results = match self.client.submit_graphs(&request).await {
                Ok(results) => results,
                Err(error) if error.kind().passes() => return Ok(Step::Again(Again::Request(error))),
                Err(error) => return Err(error.into()),
            };
            if let Some(result) = results.into_iter().next() {
                return Ok(match result.outcome {
                    GraphOutcome::Committed { ids } => Step::Done(ids.first().copied().flatten()),
                    GraphOutcome::NotTried => Step::Again(Again::Unknown),
                    GraphOutcome::Failed { causes } => match verdict(causes, quote_node) {
                        Verdict::Refused(failure) => Step::Refused { failure, begun: None },
                        Verdict::Passing(failure) => Step::Again(Again::Passing(failure)),
                        Verdict::Duplicate(failure) => Step::Again(Again::Duplicate(failure)),
                    },
                });
            }
        }
        Ok(Step::Again(Again::Unknown))
    }
}
