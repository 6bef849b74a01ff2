//! Logs, metrics and traces of a process.
//!
//! Logs go to stdout, where Heroku's log router reads them. Metrics are kept in the process and rendered for `/metrics`.
//! Traces are off until a collector is named; then they are sent to it, and log lines carry the trace's id.
//! Never log an access token, a body or an e-mail address. Text of others may be logged: `escape` takes its sting.

mod escape;
mod logs;
mod memory;
mod metrics;
mod salesforce;
mod traces;

#[cfg(test)]
mod tests;

pub use logs::{TelemetryError, init, subscriber};
pub use memory::ProcessMemory;
pub use metrics::{METRICS_TYPE, MetricsHandle, metrics_handle};
pub use salesforce::client_settings;
pub use traces::{Taken, Traces, TracesError, in_this_trace, tracer};
