//! The jobs of org-action, as its web process writes them and its worker reads them: "a Quote for one Opportunity", and
//! "remove what is left of one"; and what the caller is told.

use super::key::JobKey;
use super::{Failure, NO_LINE_ITEMS, NOT_FOUND, Outcome};
use crate::salesforce::SalesforceId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// Name of the job kind.
pub const GENERATE_QUOTE: &str = "generateQuote";

/// Name of the job kind that removes the incomplete Quote of a synchronous call.
pub const REMOVE_INCOMPLETE: &str = "removeIncompleteQuote";

/// Parameters of a job of the kind [`REMOVE_INCOMPLETE`]. They hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveIncomplete {
    /// The Opportunity whose Quote was begun.
    pub opportunity_id: SalesforceId,
    /// The key of the Quote.
    pub quote_key: JobKey,
    /// By then the call has ended, whether it was answered or its process is gone.
    pub not_before: DateTime<Utc>,
}

/// Parameters of the job. They hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateQuote {
    /// The Opportunity.
    pub opportunity_id: SalesforceId,
    /// Where the result is posted; checked again before use.
    pub callback_url: Url,
    /// The key of its Quote: that of the request, not of the job, so that a repeated request makes no second Quote even
    /// when it asks to be called back elsewhere.
    pub quote_key: JobKey,
}

/// The result of `generateQuoteAsync`: either `quoteId` or `error` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteResult {
    /// Id of the job, as generateQuoteAsync answered it.
    #[schema(format = "uuid")]
    pub job_id: String,
    /// Id of the Quote, 18 characters.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_id: Option<String>,
    /// Why there is no Quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<QuoteError>,
}

/// Why there is no Quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteError {
    /// Salesforce's error code, or one of the service's own.
    pub code: String,
    /// The reason, for people.
    pub message: String,
}

impl From<Failure> for QuoteError {
    fn from(Failure { code, message }: Failure) -> Self {
        Self { code, message }
    }
}

/// What became of the one Opportunity: its Quote with the number of its lines, or the reason in words for the one who asked.
///
/// # Errors
/// The [`Failure`]; its code is [`NOT_FOUND`] for an Opportunity that the user does not see, and [`NO_LINE_ITEMS`] for one
/// without lines.
pub fn quote_of(outcome: Outcome) -> Result<(SalesforceId, usize), Failure> {
    let failure = |code: &str, message: &str| Failure { code: code.to_owned(), message: message.to_owned() };
    match outcome {
        Outcome::Quoted { quote, lines } => Ok((quote, lines)),
        Outcome::Skipped => {
            Err(failure(NO_LINE_ITEMS, "The Opportunity has no products, so there is nothing to quote."))
        }
        Outcome::Failed(found) if found.code == NOT_FOUND => {
            Err(failure(NOT_FOUND, "There is no Opportunity with this Id that the user may see."))
        }
        Outcome::Failed(found) => Err(found),
    }
}
