//! Both ways, and what they want of Heroku.

use serde::Serialize;

use super::cost::Cost;
use super::memory::{self, Dyno, Plan};
use super::question::{Question, Way};
use super::time;

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
    pub dyno: Option<Dyno>,
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
