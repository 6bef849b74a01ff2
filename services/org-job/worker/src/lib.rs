//! Pattern 3, worker: runs the batch jobs that `org-job-web` accepted, together with all other workers.

mod config;
mod generate_quotes;

pub use config::Config;

use anyhow::Context;
use generate_quotes::GenerateQuotesKind;
use shared::jobs::{Jobs, Worker};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Works until `shutdown` is cancelled, then lets running chunks end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let jobs = Jobs::connect(config.jobs).await.context("Failed to connect to REDIS_URL")?;
    let kind = GenerateQuotesKind {
        http: shared::salesforce::http_client(&shared::salesforce::HttpSettings::default())
            .context("Failed to set up the HTTP client")?,
        hosts: config.hosts,
        rules: Arc::new(config.rules),
        generator: config.generator,
        chunk_size: config.chunk_size,
        limit_pause: config.limit_pause,
    };
    tracing::info!(worker = %config.worker.name, concurrency = config.worker.concurrency, "worker ready");
    Worker::new(jobs, config.worker, vec![Arc::new(kind)]).run(shutdown).await.context("The worker stopped")?;
    Ok(())
}
