//! The batch job of org-job, "a Quote for every Opportunity that matches", and what is posted at its end.

use crate::jobs::JobParams;
use serde::{Deserialize, Serialize};
use url::Url;

/// Start of all keys of jobs in Redis, unless `QUEUE_PREFIX` says otherwise.
pub const QUEUE_PREFIX: &str = "{org-job}:";

/// Parameters of the job. They hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateQuotes {
    /// WHERE clause in normal form; parsed again before use.
    pub soql_where_clause: String,
    /// Where the result is posted, if anywhere; checked again before use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<Url>,
}

impl JobParams for GenerateQuotes {
    const KIND: &'static str = "generateQuotes";
    const VERSION: u32 = 1;
}

/// What is posted to the callback URL when the job has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResult {
    /// The job: its id with hyphens, as executeBatch answered it.
    pub job_id: String,
    /// 1, and one more with each retry of the job: together with the job's id it tells a repeated delivery.
    pub run: u32,
    /// Quotes that exist.
    pub quotes: u64,
    /// Opportunities dealt with: the sum of the next three.
    pub processed: u64,
    /// Opportunities with a Quote.
    pub succeeded: u64,
    /// Opportunities without lines.
    pub skipped: u64,
    /// Opportunities that got no Quote; the job's errors tell why.
    pub failed: u64,
    /// Why the job did not cover all Opportunities, when it was cancelled or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
