//! One slice: Quotes, lines, final keys.

use std::collections::HashMap;

use futures_util::stream;

use super::super::draft::{Draft, LINE_COLUMNS, quote_columns};
use super::super::key::{QUOTE_JOB_KEY, QUOTE_LINE_KEY};
use super::super::{Failure, GenerateError, Generator, MAX_CHUNK, Outcome};
use super::{Progress, QuoteLoads};
use crate::salesforce::bulk::{
    Columns, IngestOperation, IngestSpec, Row, RowOutcome, RowResult, SentRow, Wanted, WriteOptions,
};
use crate::salesforce::{ApiError, Error, Operation, SalesforceId};

/// A load of the slice: what to do, under which columns, and the column by which results are told apart.
struct Step {
    spec: IngestSpec,
    columns: Columns,
    key: &'static str,
    wanted: Wanted,
}

/// What became of the rows of a step, by their keys.
#[derive(Default)]
struct Written {
    ids: HashMap<String, SalesforceId>,
    failures: HashMap<String, ApiError>,
}

impl Generator {
    /// Writes the drafts of the slice, and puts what became of each into the outcomes.
    pub(super) async fn write_slice(
        &self,
        chunk: &QuoteLoads<'_>,
        progress: &mut Progress,
    ) -> Result<(), GenerateError> {
        progress.lines = 0;
        let drafts = std::mem::take(&mut progress.drafts);
        if drafts.is_empty() {
            return Ok(());
        }
        let mut failed = HashMap::new();
        let quotes = self.write_quotes(chunk, &drafts, &mut failed).await?;
        failed.extend(self.write_lines(chunk, &drafts, &quotes).await?);
        let complete: Vec<_> =
            quotes.iter().filter(|(opportunity, _)| !failed.contains_key(opportunity)).map(|(o, q)| (*o, *q)).collect();
        failed.extend(self.write_keys(chunk, &complete).await?);
        let mut others = self.complete_quotes(chunk, &failed).await?;

        let mut leftovers = Vec::new();
        for draft in &drafts {
            let (opportunity, lines) = (draft.opportunity, draft.line_count());
            let ours = quotes.get(&opportunity).copied();
            let outcome = match (failed.remove(&opportunity), others.remove(&opportunity), ours) {
                (None, _, Some(quote)) => Outcome::Quoted { quote, lines },
                (_, Some(quote), ours) => {
                    leftovers.extend(ours.filter(|ours| *ours != quote));
                    Outcome::Quoted { quote, lines }
                }
                (Some(failure), None, ours) => {
                    leftovers.extend(ours);
                    Outcome::Failed(failure)
                }
                // The loads say that they have dealt with every row, but not what became of this one.
                (None, None, None) => {
                    let reason = format!("they do not tell what became of the Quote of {opportunity}");
                    return Err(Error::Malformed { operation: Operation::BulkResults, reason }.into());
                }
            };
            progress.outcomes.insert(opportunity, outcome);
        }
        self.delete_quotes(&leftovers).await
    }

    /// The Quotes under final keys of Opportunities that failed, for whoever ran the chunk before may have made them: a row
    /// that was refused for it (a duplicate, a line of another Quote) says nothing about that.
    async fn complete_quotes(
        &self,
        chunk: &QuoteLoads<'_>,
        failed: &HashMap<SalesforceId, Failure>,
    ) -> Result<HashMap<SalesforceId, SalesforceId>, GenerateError> {
        let mut complete = HashMap::new();
        let mut opportunities: Vec<_> = failed.keys().collect();
        opportunities.sort_unstable();
        for some in opportunities.chunks(MAX_CHUNK) {
            let existing = self.existing(chunk.key, some).await?;
            complete
                .extend(existing.into_iter().filter_map(|(opportunity, found)| Some((opportunity, found.complete?))));
        }
        Ok(complete)
    }

    /// Quotes under staging keys. Gives those that exist now; the others are in `failed`.
    async fn write_quotes(
        &self,
        chunk: &QuoteLoads<'_>,
        drafts: &[Draft],
        failed: &mut HashMap<SalesforceId, Failure>,
    ) -> Result<HashMap<SalesforceId, SalesforceId>, GenerateError> {
        let terms = self.rules.terms();
        let step = Step {
            spec: upsert("Quote", QUOTE_JOB_KEY),
            columns: Columns::new(quote_columns(terms))?,
            key: QUOTE_JOB_KEY,
            wanted: Wanted::All,
        };
        let places: Vec<usize> = (0..drafts.len()).collect();
        let key = |place: usize| drafts.get(place).map(|draft| chunk.key.staging(&draft.opportunity));
        let row =
            |place: usize| drafts.get(place).map(|draft| draft.quote_row(terms, chunk.key.staging(&draft.opportunity)));
        let written = self.write_step(chunk, &step, places, key, row).await?;
        for (key, error) in written.failures {
            if let Some(opportunity) = chunk.key.opportunity_of(&key) {
                failed.insert(opportunity, error.into());
            }
        }
        let by_opportunity = |(key, id): (String, SalesforceId)| Some((chunk.key.opportunity_of(&key)?, id));
        Ok(written.ids.into_iter().filter_map(by_opportunity).collect())
    }

    /// The lines of Quotes that exist. Gives the Opportunities of which a line was refused.
    async fn write_lines(
        &self,
        chunk: &QuoteLoads<'_>,
        drafts: &[Draft],
        quotes: &HashMap<SalesforceId, SalesforceId>,
    ) -> Result<HashMap<SalesforceId, Failure>, GenerateError> {
        let step = Step {
            spec: upsert("QuoteLineItem", QUOTE_LINE_KEY),
            columns: Columns::new(LINE_COLUMNS)?,
            key: QUOTE_LINE_KEY,
            wanted: Wanted::Failures,
        };
        let places = drafts
            .iter()
            .enumerate()
            .filter(|(_, draft)| quotes.contains_key(&draft.opportunity))
            .flat_map(|(place, draft)| (0..draft.line_count()).map(move |line| (place, line)))
            .collect();
        let key = |(place, line): (usize, usize)| Some(chunk.key.line(&drafts.get(place)?.opportunity, line));
        let row = |(place, line): (usize, usize)| {
            let draft = drafts.get(place)?;
            let opportunity = &draft.opportunity;
            draft.line_row(line, chunk.key.line(opportunity, line), chunk.key.staging(opportunity))
        };
        let written = self.write_step(chunk, &step, places, key, row).await?;
        Ok(by_opportunity(chunk, written))
    }

    /// Final keys for Quotes that have all their lines. Gives the Opportunities whose Quote did not take it.
    async fn write_keys(
        &self,
        chunk: &QuoteLoads<'_>,
        complete: &[(SalesforceId, SalesforceId)],
    ) -> Result<HashMap<SalesforceId, Failure>, GenerateError> {
        let step = Step {
            spec: IngestSpec::new("Quote", IngestOperation::Update),
            columns: Columns::new(["Id", QUOTE_JOB_KEY])?,
            key: QUOTE_JOB_KEY,
            wanted: Wanted::Failures,
        };
        let key = |place: usize| complete.get(place).map(|(opportunity, _)| chunk.key.complete(opportunity));
        let row = |place: usize| {
            let (opportunity, quote) = complete.get(place)?;
            Some(vec![(*quote).into(), chunk.key.complete(opportunity).into()])
        };
        let written = self.write_step(chunk, &step, (0..complete.len()).collect(), key, row).await?;
        Ok(by_opportunity(chunk, written))
    }

    /// Loads rows, again those that met what passes by itself.
    async fn write_step<T: Copy + Send + Sync>(
        &self,
        chunk: &QuoteLoads<'_>,
        step: &Step,
        mut pending: Vec<T>,
        key: impl Fn(T) -> Option<String> + Send + Sync,
        row: impl Fn(T) -> Option<Row> + Send + Sync,
    ) -> Result<Written, GenerateError> {
        let mut written = Written::default();
        let options = WriteOptions { note: chunk.note, cancelled: &self.cancelled, wanted: step.wanted };
        for round in 0..=self.settings.max_rounds {
            if pending.is_empty() {
                break;
            }
            let mut passing: HashMap<String, ApiError> = HashMap::new();
            let rows = stream::iter(pending.iter().filter_map(|item| row(*item)).map(Ok::<_, Error>));
            let mut on_row = |result: RowResult| {
                let key = key_of(&result.row, step.key);
                match result.outcome {
                    RowOutcome::Succeeded { id, .. } => drop(written.ids.insert(key, id)),
                    RowOutcome::Failed { error, .. } if error.passes() => drop(passing.insert(key, error)),
                    RowOutcome::Failed { error, .. } => drop(written.failures.insert(key, error)),
                    RowOutcome::Unprocessed => {}
                }
            };
            let loaded = chunk.bulk.write(step.spec.clone(), step.columns.clone(), rows, &options, &mut on_row).await;
            loaded.map_err(|error| self.or_cancelled(error))?;
            if round == self.settings.max_rounds {
                written.failures.extend(passing);
                break;
            }
            pending.retain(|item| key(*item).is_some_and(|key| passing.contains_key(&key)));
            if !pending.is_empty() {
                self.pause(round + 1).await?;
            }
        }
        Ok(written)
    }

    fn or_cancelled(&self, error: Error) -> GenerateError {
        match error {
            Error::Cancelled => GenerateError::Cancelled,
            error => error.into(),
        }
    }
}

fn upsert(object: &str, key: &str) -> IngestSpec {
    IngestSpec::new(object, IngestOperation::Upsert { external_id: key.to_owned() })
}

fn key_of(row: &SentRow, column: &str) -> String {
    row.get(column).unwrap_or_default().to_owned()
}

/// The first failure of each Opportunity, in the order of keys.
fn by_opportunity(chunk: &QuoteLoads<'_>, written: Written) -> HashMap<SalesforceId, Failure> {
    let mut failures: Vec<_> = written.failures.into_iter().collect();
    failures.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut first = HashMap::new();
    for (key, error) in failures {
        if let Some(opportunity) = chunk.key.opportunity_of(&key) {
            first.entry(opportunity).or_insert_with(|| error.into());
        }
    }
    first
}
