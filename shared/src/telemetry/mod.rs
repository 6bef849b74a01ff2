//! Logs and metrics of a process.
//!
//! Logs go to stdout, where Heroku's log router reads them. Metrics are kept in the process and rendered for `/metrics`.
//! Never log an access token, a body or an e-mail address. Text of others may be logged: `escape` takes its sting.

#[cfg(test)]
pub(crate) mod captured;
mod escape;
mod logs;
mod memory;
mod metrics;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use logs::subscriber;
pub use logs::{TelemetryError, init};
pub use memory::ProcessMemory;
pub use metrics::{MetricsHandle, metrics_handle};
