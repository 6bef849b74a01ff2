//! `org-action-worker`: see the crate `org_action_worker`.

use org_action_worker::Config;
use shared::config::{Settings, exit_on_error};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Settings::from_process_env().and_then(|settings| Config::read(&settings)) {
        Ok(config) => config,
        Err(error) => return exit_on_error(&error),
    };
    match start(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start(config: Config) -> anyhow::Result<()> {
    shared::telemetry::init(&config.work.telemetry)?;
    shared::salesforce::install_tls_provider();
    let shutdown = shared::process::signal_token()?;
    org_action_worker::run(config, shutdown).await
}
