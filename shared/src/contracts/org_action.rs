//! The jobs of org-action: "a Quote for one Opportunity", and "remove what is left of one"; and what the caller is told.

use crate::jobs::JobParams;
use crate::quotes::Failure;
use crate::quotes::key::JobKey;
use crate::salesforce::SalesforceId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// Start of all keys of jobs in Redis, unless `QUEUE_PREFIX` says otherwise.
pub const QUEUE_PREFIX: &str = "{org-action}:";

/// The job that makes a Quote and calls back. Its parameters hold no secret.
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

impl JobParams for GenerateQuote {
    const KIND: &'static str = "generateQuote";
    const VERSION: u32 = 1;
}

/// The job that removes the incomplete Quote of a synchronous call. Its parameters hold no secret.
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

impl JobParams for RemoveIncomplete {
    const KIND: &'static str = "removeIncompleteQuote";
    const VERSION: u32 = 1;
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
