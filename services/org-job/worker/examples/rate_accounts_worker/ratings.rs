//! The batch job "rate every Account that matches", as org-job's web process writes it and its worker reads it.

use serde::{Deserialize, Serialize};

/// Name of the job kind.
pub const RATE_ACCOUNTS: &str = "rateAccounts";

/// Parameters of the job. They hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateAccounts {
    /// WHERE clause on Account in normal form; parsed again before use.
    pub soql_where_clause: String,
}
