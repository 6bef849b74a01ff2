//! What `/metrics` tells, in Prometheus' text format: the figures of a process, those of a queue as Redis has them, and those
//! of workers, which have no address on Heroku and so leave theirs in Redis with each sign of life.
//!
//! [`METRICS`] is the one table of all names. docs/metrics.md shows it, and a test holds what the processes answer to it.

mod catalogue;
mod exposition;
mod queue;
mod source;

#[cfg(test)]
mod tests;

pub use crate::jobs::queue_name;
pub use catalogue::{METRICS, Metric, MetricKind, Teller, table};
pub use exposition::Exposition;
pub use source::Figures;
