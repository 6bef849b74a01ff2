//! The batch job "a Quote for every Opportunity that matches", as org-job's web process writes it and its worker reads it.

use serde::{Deserialize, Serialize};
use url::Url;

/// Name of the job kind.
pub const GENERATE_QUOTES: &str = "generateQuotes";

/// Counter of a job: Quotes that exist.
pub const QUOTES: &str = "quotes";

/// Counter of a job: lines of those Quotes.
pub const QUOTE_LINE_ITEMS: &str = "quoteLineItems";

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
