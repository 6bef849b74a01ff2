//! The `main` of a web process.

use std::net::TcpListener;
use std::process::ExitCode;

use shared::config::{ConfigError, Settings};
use shared::process;
use tokio_util::sync::CancellationToken;

use super::WebConfig;

/// [`process::main`] for settings that hold those of a web process, with the listener that they name.
pub async fn main<C>(
    read: impl FnOnce(&Settings) -> Result<C, ConfigError>,
    web: impl Fn(&C) -> &WebConfig,
    run: impl AsyncFnOnce(C, TcpListener, CancellationToken) -> anyhow::Result<()>,
) -> ExitCode {
    let listen = async |config: C, shutdown| {
        let listener = web(&config).bind.listener()?;
        run(config, listener, shutdown).await
    };
    process::main(read, |config| &web(config).telemetry, listen).await
}
