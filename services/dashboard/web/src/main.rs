//! `dashboard-web`: see the crate `dashboard_web`.

use dashboard_web::{Config, run};
use shared::process;
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    let listen = async |config: Config, shutdown| {
        let listener = config.bind.listener()?;
        run(config, listener, shutdown).await
    };
    process::main(Config::read, |config| &config.telemetry, listen).await
}
