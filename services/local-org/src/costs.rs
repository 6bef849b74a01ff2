//! What a call costs: the latency model and the usage limits of an org, changeable while it runs.

use std::sync::RwLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Costs of every org of this process. The default is a free and unlimited org.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Costs {
    /// Time that every call takes, in milliseconds, before it is executed.
    pub call_ms: u64,
    /// Time for every row read or written, in microseconds, after it was executed.
    pub row_us: u64,
    /// Calls that one org executes at the same time; more are refused with `REQUEST_LIMIT_EXCEEDED`.
    pub max_concurrent: Option<u64>,
    /// Calls that one org takes until its counters are reset; more are refused with `REQUEST_LIMIT_EXCEEDED`.
    pub daily_limit: Option<u64>,
    /// Time that a bulk job waits in the queue before it is processed, in milliseconds.
    pub bulk_delay_ms: u64,
}

impl Costs {
    /// The time a call takes whatever it does.
    pub fn call(&self) -> Duration {
        Duration::from_millis(self.call_ms)
    }

    /// The time that a bulk job waits before it is processed.
    pub fn bulk_delay(&self) -> Duration {
        Duration::from_millis(self.bulk_delay_ms)
    }

    /// The time that this many rows take.
    pub fn rows(&self, count: u64) -> Duration {
        Duration::from_micros(self.row_us.saturating_mul(count))
    }
}

/// The costs in force.
#[derive(Debug, Default)]
pub struct CostModel(RwLock<Costs>);

impl CostModel {
    /// A model that begins with these costs.
    pub fn new(costs: Costs) -> Self {
        Self(RwLock::new(costs))
    }

    /// The costs in force now.
    pub fn get(&self) -> Costs {
        *self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Puts other costs in force, for calls that begin from now on.
    pub fn set(&self, costs: Costs) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = costs;
    }
}
