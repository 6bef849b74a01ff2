//! `dashboard-web`: see the crate `dashboard_web`.

use dashboard_web::Config;
use shared::config::{Misspelt, Settings, exit_on_error};
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    let read = |settings: Settings| Ok((Config::read(&settings)?, settings.misspelt()));
    let (config, misspelt) = match Settings::from_process_env().and_then(read) {
        Ok(read) => read,
        Err(error) => return exit_on_error(&error),
    };
    match start(config, &misspelt).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start(config: Config, misspelt: &[Misspelt]) -> anyhow::Result<()> {
    shared::telemetry::init(&config.telemetry)?;
    Misspelt::warn(misspelt);
    shared::salesforce::install_tls_provider();
    let shutdown = shared::process::signal_token()?;
    let listener = config.bind.listener()?;
    dashboard_web::run(config, listener, shutdown).await
}
