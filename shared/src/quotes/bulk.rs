//! Quotes of a big chunk through the Bulk API 2.0, with the same promise as by graphs: a Quote under its final key has all
//! its lines, and there is one.
//!
//! A slice of the chunk is three loads: the Quotes under staging keys, their lines, and the final keys of those Quotes
//! whose lines were all taken. A Quote with a line that was refused is deleted, and its Opportunity fails alone. Between
//! the first load and the last a Quote may be seen without its lines, but only under its staging key.
//!
//! Who runs a chunk again has brought the load at work to its end before ([`Bulk::settle`]), so nothing is under way: what
//! has a final key is done, what has a staging key is deleted and made anew.

mod write;

use std::collections::{BTreeSet, HashMap};

use futures_util::TryStreamExt;

use super::draft::Draft;
use super::generate::gone;
use super::key::JobKey;
use super::opportunity::{self, Opportunity};
use super::quote_row::QuoteRow;
use super::{GenerateError, Generator, MAX_CHUNK, Outcome};
use crate::salesforce::SalesforceId;
use crate::salesforce::bulk::{Bulk, NoteJob};
use crate::salesforce::soql::WhereClause;

/// Lines of a slice, about: they and their Quotes are in memory while it is written.
pub const SLICE_LINES: usize = 40_000;

/// What the loads of one chunk need.
pub struct QuoteLoads<'a> {
    /// The org's Bulk API.
    pub bulk: &'a Bulk,
    /// Told of each load before it gets rows.
    pub note: &'a NoteJob<'a>,
    /// The work's key.
    pub key: &'a JobKey,
    /// The condition under which the chunk was planned. It spares naming the ids; those that do not match any more are
    /// read by id.
    pub filter: &'a WhereClause,
}

/// Opportunities of the chunk by what is known of them.
#[derive(Default)]
struct Progress {
    open: BTreeSet<SalesforceId>,
    drafts: Vec<Draft>,
    lines: usize,
    outcomes: HashMap<SalesforceId, Outcome>,
}

impl Generator {
    /// Makes one Quote for each of `ids` and tells what became of each. With `repeated` an earlier call with the same key
    /// may have written some; no load of it may be under way any more.
    ///
    /// # Errors
    /// [`GenerateError`] when the end is not known for all; settle the last load noted, and call again with `repeated`.
    pub async fn generate_in_bulk(
        &self,
        chunk: &QuoteLoads<'_>,
        ids: &[SalesforceId],
        repeated: bool,
    ) -> Result<Vec<(SalesforceId, Outcome)>, GenerateError> {
        let mut progress = Progress { open: ids.iter().copied().collect(), ..Progress::default() };
        let (Some(first), Some(last)) = (progress.open.first().copied(), progress.open.last().copied()) else {
            return Ok(Vec::new());
        };
        if repeated {
            self.take_existing(chunk.key, &first, &last, &mut progress).await?;
        }
        let optional = self.optional_fields();
        let between = opportunity::soql_between(chunk.filter, &first, &last, optional);
        let mut records = self.client.query::<Opportunity>(between);
        while let Some(mut found) = records.try_next().await? {
            if progress.open.remove(&found.id) {
                let lines = std::mem::take(&mut found.lines);
                found.lines.records = self.client.subquery_records(lines).await?;
                self.add(chunk, &found, &mut progress).await?;
            }
        }
        // What has changed since the planning and does not match any more is part of the job all the same.
        let rest: Vec<_> = std::mem::take(&mut progress.open).into_iter().collect();
        for ids in rest.chunks(MAX_CHUNK) {
            let mut found = opportunity::read(&self.client, ids, optional).await?;
            for id in ids {
                match found.remove(id) {
                    Some(opportunity) => self.add(chunk, &opportunity, &mut progress).await?,
                    None => drop(progress.outcomes.insert(*id, Outcome::Failed(gone()))),
                }
            }
        }
        self.write_slice(chunk, &mut progress).await?;
        let mut outcomes = progress.outcomes;
        Ok(ids.iter().filter_map(|id| outcomes.remove(id).map(|outcome| (*id, outcome))).collect())
    }

    /// Deletes what loads have begun and never completed. No load of the work may be under way any more.
    ///
    /// # Errors
    /// Those of the query and the deletes; call again.
    pub async fn delete_incomplete_of_loads(&self, key: &JobKey) -> Result<usize, GenerateError> {
        let leftovers: Vec<QuoteRow> = self.client.query(key.incomplete_quotes()).try_collect().await?;
        let ids: Vec<_> = leftovers.into_iter().map(|quote| quote.id).collect();
        self.delete_quotes(&ids).await?;
        Ok(ids.len())
    }

    /// Prices an Opportunity; writes the slice when it is full.
    async fn add(
        &self,
        chunk: &QuoteLoads<'_>,
        opportunity: &Opportunity,
        progress: &mut Progress,
    ) -> Result<(), GenerateError> {
        match Draft::price(&self.rules, opportunity) {
            Ok(draft) => {
                progress.lines += draft.line_count();
                progress.drafts.push(draft);
                if progress.lines >= SLICE_LINES {
                    self.write_slice(chunk, progress).await?;
                }
            }
            Err(reason) => {
                progress.outcomes.insert(opportunity.id, reason.into());
            }
        }
        Ok(())
    }

    /// Takes what an earlier call has completed out of the open ones, and deletes what it has not.
    async fn take_existing(
        &self,
        key: &JobKey,
        first: &SalesforceId,
        last: &SalesforceId,
        progress: &mut Progress,
    ) -> Result<(), GenerateError> {
        let mut incomplete = Vec::new();
        let mut quotes = self.client.query::<QuoteRow>(key.existing_between(first, last));
        while let Some(quote) = quotes.try_next().await? {
            let (Some(opportunity), Some(job_key)) = (quote.opportunity_id, quote.job_key) else { continue };
            if !progress.open.contains(&opportunity) {
                continue;
            }
            if JobKey::is_staging(&job_key) {
                incomplete.push(quote.id);
            } else {
                progress.open.remove(&opportunity);
                let lines = quote.line_item_count.unwrap_or_default();
                progress.outcomes.insert(opportunity, Outcome::Quoted { quote: quote.id, lines });
            }
        }
        self.delete_quotes(&incomplete).await
    }
}
