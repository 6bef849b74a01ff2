//! Salesforce work inside a task of a job: what every worker does the same way, whatever its kind of job.
//!
//! [`Orgs`] opens the org of a task in the name of a [`TaskUser`] and says with which
//! [`TaskError`](crate::jobs::TaskError) a failed call ends the task. On top of it, [`quote_chunk`] makes the Quotes of a
//! chunk, [`samples`] makes and deletes sample data, [`chunk_loads`] takes bulk loads over after a crash, and [`callback`] posts a
//! job's result. [`WorkSettings`] are the settings of a worker process, [`run`] is
//! the process itself, and [`main`] its `main`.

pub mod callback;
pub mod chunk_loads;
mod errors;
mod id_range;
mod listener;
mod orgs;
pub mod quote_chunk;
pub mod samples;
mod settings;
#[cfg(test)]
mod tests;

pub use errors::{fail, is_gone, retry};
pub use id_range::{IdRange, InvalidRange};
pub use orgs::{OrgWork, Orgs, TaskUser};
pub use settings::WorkSettings;

use crate::config::{ConfigError, Settings};
use crate::figures::{Figures, queue_name};
use crate::jobs::{JobKind, Jobs, Worker};
use crate::process;
use anyhow::Context;
use listener::Listener;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The `main` of a worker: [`process::main`](crate::process::main) for settings that hold these.
pub async fn main<C>(
    read: impl FnOnce(&Settings) -> Result<C, ConfigError>,
    work: impl FnOnce(&C) -> &WorkSettings,
    run: impl AsyncFnOnce(C, CancellationToken) -> anyhow::Result<()>,
) -> ExitCode {
    process::main(read, |config| &work(config).telemetry, run).await
}

/// Runs the jobs of `kinds` until `shutdown` is cancelled, then lets running tasks end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs, or the HTTP client cannot be set up.
pub async fn run(
    settings: WorkSettings,
    kinds: impl FnOnce(Orgs) -> Vec<Arc<dyn JobKind>>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let orgs = Orgs::new(&settings).context("Failed to set up the HTTP client")?;
    let server = settings.jobs.server();
    let listener = match settings.metrics {
        Some((address, token)) => {
            let listener = Listener::bind(address, token).await;
            Some(listener.with_context(|| format!("Failed to listen on WORKER_METRICS_ADDRESS {address}"))?)
        }
        None => None,
    };
    let jobs =
        Jobs::connect(settings.jobs).await.with_context(|| format!("Failed to connect to REDIS_URL at {server}"))?;
    tracing::info!(worker = %settings.worker.name, concurrency = settings.worker.concurrency, "worker ready");
    if let Some(listener) = listener {
        let queue = Figures::of_queue_alone(jobs.operator());
        let name = queue_name(jobs.operator().prefix()).to_owned();
        tokio::spawn(listener.serve(queue, name, settings.worker.name.clone(), shutdown.clone()));
    }
    Worker::new(jobs, settings.worker, kinds(orgs)).run(shutdown).await.context("The worker stopped")
}
