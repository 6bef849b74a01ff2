//! What is asked.

use serde::Serialize;

use crate::product::Product;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Opportunities of the job.
    pub opportunities: u64,
    /// Lines of each.
    pub lines: u64,
    /// Milliseconds of a call.
    pub call_ms: u64,
    /// Worker processes.
    pub workers: u64,
    /// The org.
    pub org: Org,
    /// Settings of web and workers.
    pub product: Product,
}

/// What is told of the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Org {
    /// API calls a day.
    pub daily_limit: u64,
    /// Microseconds for a record that is read or written, one after another over all calls.
    pub record_us: u64,
    /// Microseconds for a row of a load, one after another over all loads.
    pub bulk_row_us: u64,
}

/// How Quotes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// By composite graphs.
    Graphs,
    /// Through the Bulk API.
    Bulk,
}

impl Question {
    /// Calls that the job may have under way: as many as the org is given, and as workers have slots. Where all chunks have a
    /// slot nothing waits, and tasks make further calls beside their first one, up to the org's limit.
    pub(crate) fn graph_calls_at_a_time(&self, chunks: u64) -> u64 {
        let (org, slots) = (self.product.org_concurrency, self.slots());
        if chunks <= slots { org } else { org.min(slots) }
    }

    /// Loads that may be under way: a chunk has one at a time.
    pub(crate) fn loads_at_a_time(&self, chunks: u64) -> u64 {
        self.product.org_concurrency.min(self.slots()).min(chunks).max(1)
    }

    /// Chunks that all workers have in flight.
    pub(crate) fn slots(&self) -> u64 {
        self.workers.saturating_mul(self.product.worker_concurrency)
    }

    /// Seconds of a call.
    pub(crate) fn call(&self) -> f64 {
        self.call_ms as f64 / 1_000.0
    }

    /// The way that the product takes.
    #[must_use]
    pub fn way(&self) -> Way {
        let threshold = self.product.bulk_threshold;
        if threshold > 0 && self.opportunities >= threshold { Way::Bulk } else { Way::Graphs }
    }
}
