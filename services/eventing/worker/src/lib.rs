//! Pattern 4, worker: makes the Quotes of changed Opportunities and tells the user when they are there.

mod config;

pub use config::Config;

use tokio_util::sync::CancellationToken;

/// Works until `shutdown` is cancelled, then lets running chunks end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    shared::work::run(config.work, |_orgs| Vec::new(), shutdown).await
}
