//! Pattern 3, worker: runs the batch jobs that `org-job-web` accepted, together with all other workers.

mod config;
mod generate_quotes;

pub use config::Config;

use generate_quotes::GenerateQuotesKind;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Works until `shutdown` is cancelled, then lets running chunks end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Config { work, quotes, chunk_size } = config;
    shared::work::run(work, |orgs| vec![Arc::new(GenerateQuotesKind { orgs, quotes, chunk_size })], shutdown).await
}
