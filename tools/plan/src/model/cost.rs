//! What a job takes in one of the two ways.

use serde::Serialize;

use super::calls::Calls;

/// What one way takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// From the request to the last Quote.
    pub seconds: f64,
    /// API calls, by what they are for.
    pub calls: Calls,
    /// All of them.
    pub api_calls: u64,
    /// Share of the org's calls a day, 1 for all.
    pub share_of_daily_limit: f64,
    /// Batches of 10,000 rows, of which an org has 15,000 a day.
    pub bulk_batches: u64,
    /// Chunks.
    pub chunks: u64,
    /// Calls of the org at a time, at most.
    pub calls_at_a_time: u64,
    /// What Redis holds at most, in bytes.
    pub redis_bytes: u64,
    /// What a worker holds at most, in bytes.
    pub worker_bytes: u64,
}
