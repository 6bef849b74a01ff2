//! One call for the whole way from ids to Quotes.

use super::draft::Draft;
use super::key::JobKey;
use super::opportunity::{self, Opportunity, OptionalFields};
use super::pricing::PricingRules;
use super::quote_row::QuoteRow;
use super::{Failure, Outcome};
use crate::salesforce::Client;
use crate::salesforce::Error;
use crate::salesforce::SalesforceId;
use crate::salesforce::UnitOfWorkError;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a [`Generator`] works.
#[derive(Debug, Clone)]
pub struct GeneratorSettings {
    /// Whether `DiscountOverride__c` is read and replaces the computed discount.
    pub discount_overrides: bool,
    /// Rounds without progress before the call gives up (transient errors) or the Opportunity fails (locked rows).
    pub max_rounds: u32,
    /// First pause between rounds without progress; doubles each time, with jitter.
    pub backoff: Duration,
}

impl Default for GeneratorSettings {
    fn default() -> Self {
        Self { discount_overrides: false, max_rounds: 5, backoff: Duration::from_millis(200) }
    }
}

/// The call could not be brought to an end. What it wrote stays written, and a second call finds it.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Salesforce refused, failed or was not reached.
    #[error(transparent)]
    Salesforce(#[from] Error),
    /// A Quote could not be put into a request.
    #[error("a Quote could not be packed into a request")]
    Pack(#[from] UnitOfWorkError),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The note that a Quote is about to be written in steps could not be kept, so none was begun.
    #[error("could not note a staged Quote: {0}")]
    Note(String),
}

/// Keeps the caller's note that incomplete Quotes may exist, before the first one does.
pub type NoteStaging<'a> = dyn Fn() -> BoxFuture<'a, Result<(), String>> + Send + Sync + 'a;

/// Sets how many calls may be under way beside one, at most the given number, and answers how many they are from now on; `None` when
/// that is not known. Whoever counts the calls of an org tells.
pub type CallsBeside = dyn Fn(usize) -> BoxFuture<'static, Option<usize>> + Send + Sync;

/// Makes Quotes with one user's session.
pub struct Generator {
    pub(super) client: Client,
    pub(super) api_version: String,
    pub(super) rules: Arc<PricingRules>,
    pub(super) settings: GeneratorSettings,
    pub(super) cancelled: CancellationToken,
    pub(super) beside: Option<Arc<CallsBeside>>,
}

/// What one call knows and does about incomplete Quotes.
pub(super) struct Work<'a> {
    pub(super) key: &'a JobKey,
    pub(super) note_staging: &'a NoteStaging<'a>,
}

impl Generator {
    /// A generator that writes with `api_version` and stops between requests when `cancelled` trips.
    pub fn new(
        client: Client,
        api_version: String,
        rules: Arc<PricingRules>,
        settings: GeneratorSettings,
        cancelled: CancellationToken,
    ) -> Self {
        Self { client, api_version, rules, settings, cancelled, beside: None }
    }

    /// The same, which makes more than one call at a time where `beside` allows it.
    #[must_use]
    pub fn with_calls_beside(self, beside: Arc<CallsBeside>) -> Self {
        Self { beside: Some(beside), ..self }
    }

    /// Makes one Quote for each of `ids` (at most [`super::MAX_CHUNK`]) and tells what became of each.
    ///
    /// With `repeated` an earlier call with the same key may have written some: those are looked up first.
    ///
    /// # Errors
    /// [`GenerateError`] when the end is not known for all; call again with `repeated`.
    pub async fn generate<'a>(
        &self,
        key: &'a JobKey,
        ids: &[SalesforceId],
        repeated: bool,
        note_staging: &'a NoteStaging<'a>,
    ) -> Result<Vec<(SalesforceId, Outcome)>, GenerateError> {
        let found = opportunity::read(&self.client, ids, self.optional_fields()).await?;
        self.generate_from(key, ids, found, repeated, note_staging).await
    }

    /// The same for Opportunities that have been read just now, with all their lines or the first page of them.
    ///
    /// # Errors
    /// As [`Generator::generate`].
    pub async fn generate_of<'a>(
        &self,
        key: &'a JobKey,
        opportunities: Vec<Opportunity>,
        repeated: bool,
        note_staging: &'a NoteStaging<'a>,
    ) -> Result<Vec<(SalesforceId, Outcome)>, GenerateError> {
        let ids: Vec<_> = opportunities.iter().map(|opportunity| opportunity.id).collect();
        let mut found = HashMap::with_capacity(ids.len());
        for mut opportunity in opportunities {
            opportunity.read_lines(&self.client).await?;
            found.insert(opportunity.id, opportunity);
        }
        self.generate_from(key, &ids, found, repeated, note_staging).await
    }

    async fn generate_from<'a>(
        &self,
        key: &'a JobKey,
        ids: &[SalesforceId],
        mut found: HashMap<SalesforceId, Opportunity>,
        repeated: bool,
        note_staging: &'a NoteStaging<'a>,
    ) -> Result<Vec<(SalesforceId, Outcome)>, GenerateError> {
        let work = Work { key, note_staging };
        let mut outcomes = HashMap::with_capacity(ids.len());
        let mut drafts = Vec::with_capacity(ids.len());
        for id in ids {
            let decided = match found.remove(id) {
                None => Err(Outcome::Failed(gone())),
                Some(opportunity) => Draft::price(&self.rules, &opportunity).map_err(Outcome::from),
            };
            match decided {
                Ok(draft) => drafts.push(draft),
                Err(outcome) => {
                    outcomes.insert(*id, outcome);
                }
            }
        }
        let (small, large): (Vec<_>, Vec<_>) = drafts.into_iter().partition(Draft::fits_one_graph);
        self.write_atomically(&work, small, repeated, &mut outcomes).await?;
        for draft in large {
            let id = draft.opportunity;
            outcomes.insert(id, self.write_in_stages(&work, &draft).await?);
        }
        Ok(ids.iter().filter_map(|id| outcomes.remove(id).map(|outcome| (*id, outcome))).collect())
    }

    /// Deletes what [`Generator::generate`] began in stages and never completed.
    ///
    /// # Errors
    /// Those of the query and the deletes; call again.
    pub async fn delete_incomplete(&self, key: &JobKey) -> Result<usize, GenerateError> {
        let leftovers: Vec<QuoteRow> = self.client.query(key.incomplete_quotes()).try_collect().await?;
        let keys: Vec<_> = leftovers.into_iter().filter_map(|quote| quote.job_key).collect();
        for key in &keys {
            self.delete_staging(key).await?;
        }
        Ok(keys.len())
    }

    /// Fields that the rules need and not every org or user has.
    pub(super) fn optional_fields(&self) -> OptionalFields {
        OptionalFields { discount_override: self.settings.discount_overrides, currency: self.rules.name_currencies() }
    }

    /// Waits before round `round` (1 is the second); full jitter, so that workers do not meet again.
    pub(super) async fn pause(&self, round: u32) -> Result<(), GenerateError> {
        let longest = self.settings.backoff.saturating_mul(1 << round.min(6));
        let wait = longest.mul_f64(rand::random::<f64>());
        tokio::select! {
            () = self.cancelled.cancelled() => Err(GenerateError::Cancelled),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    pub(super) fn check_cancelled(&self) -> Result<(), GenerateError> {
        if self.cancelled.is_cancelled() { Err(GenerateError::Cancelled) } else { Ok(()) }
    }
}

pub(super) fn gone() -> Failure {
    Failure {
        code: super::NOT_FOUND.to_owned(),
        message: "the Opportunity was deleted, or is no longer visible to the user, since the job was planned"
            .to_owned(),
    }
}
