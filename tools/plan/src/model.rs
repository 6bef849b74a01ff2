//! The model of docs/scale.md. Times are in seconds, sizes in bytes, unless a name says otherwise.

pub mod calls;
pub mod constants;
pub mod memory;
pub mod time;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::Product;
use calls::Calls;
use memory::Plan;

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

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The way that the product takes.
    pub way: Way,
    /// By graphs.
    pub graphs: Cost,
    /// Through the Bulk API.
    pub bulk: Cost,
    /// More workers than these gain nothing.
    pub useful_workers: u64,
    /// Connections that Redis must take.
    pub redis_connections: u64,
    /// The smallest plan of Heroku Key-Value Store that is enough; `None` when none is.
    pub redis_plan: Option<Plan>,
    /// The smallest dyno type that a worker fits; `None` when none does.
    pub dyno: Option<memory::Dyno>,
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

impl Answer {
    /// Works it out.
    #[must_use]
    pub fn to(question: &Question) -> Self {
        let (graphs, bulk) = (time::by_graphs(question), time::in_bulk(question));
        let chosen = match question.way() {
            Way::Graphs => &graphs,
            Way::Bulk => &bulk,
        };
        let connections = memory::connections(question.workers);
        Self {
            way: question.way(),
            useful_workers: question.product.org_concurrency.div_ceil(question.product.worker_concurrency),
            redis_connections: connections,
            redis_plan: memory::plan(chosen.redis_bytes, connections),
            dyno: memory::dyno(chosen.worker_bytes),
            graphs,
            bulk,
        }
    }
}
