//! What every `main` does around its work.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::signal_token;
use crate::config::{ConfigError, Misspelt, Settings, TelemetryConfig, exit_on_error};

/// A process from its start to its end: reads its settings, starts its logs, tells of variables that look misspelt, and runs
/// `run` with a token that SIGTERM and SIGINT cancel. A setting that is missing or wrong ends it with
/// [`EXIT_CONFIG`](crate::config::EXIT_CONFIG), and a failure of `run`, which is logged, with 1.
///
/// Needs a tokio runtime. [`work::main`](crate::work::main) is that of a worker, `web::main` that of a web process.
pub async fn main<C>(
    read: impl FnOnce(&Settings) -> Result<C, ConfigError>,
    telemetry: impl FnOnce(&C) -> &TelemetryConfig,
    run: impl AsyncFnOnce(C, CancellationToken) -> anyhow::Result<()>,
) -> ExitCode {
    let read = |settings: Settings| Ok((read(&settings)?, settings.misspelt()));
    let (config, misspelt) = match Settings::from_process_env().and_then(read) {
        Ok(read) => read,
        Err(error) => return exit_on_error(&error),
    };
    match start(config, &misspelt, telemetry, run).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start<C>(
    config: C,
    misspelt: &[Misspelt],
    telemetry: impl FnOnce(&C) -> &TelemetryConfig,
    run: impl AsyncFnOnce(C, CancellationToken) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let traces = crate::telemetry::init(telemetry(&config))?;
    Misspelt::warn(misspelt);
    crate::salesforce::install_tls_provider();
    let result = run(config, signal_token()?).await;
    traces.end().await;
    result
}
