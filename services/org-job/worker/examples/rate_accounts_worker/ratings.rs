//! The batch job of org-job that rates every Account that matches.

use crate::jobs::JobParams;
use serde::{Deserialize, Serialize};

/// Parameters of the job. They hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateAccounts {
    /// WHERE clause on Account in normal form; parsed again before use.
    pub soql_where_clause: String,
}

impl JobParams for RateAccounts {
    const KIND: &'static str = "rateAccounts";
    const VERSION: u32 = 1;
}
