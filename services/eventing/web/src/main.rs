//! `eventing-web`: see the crate `eventing_web`.

use eventing_web::Config;
use shared::config::{Settings, exit_on_error};
use std::process::ExitCode;

#[actix_web::main]
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
    shared::telemetry::init(&config.web.telemetry)?;
    shared::salesforce::install_tls_provider();
    let shutdown = shared::process::signal_token()?;
    let listener = config.web.bind.listener()?;
    eventing_web::run(config, listener, shutdown).await
}
