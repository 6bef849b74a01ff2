//! `api-access-worker`: see the crate `api_access_worker`.

use api_access_worker::{Config, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    shared::work::main(Config::read, |config| &config.work, run).await
}
