//! `eventing-worker`: see the crate `eventing_worker`.

use eventing_worker::{Config, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    shared::work::main(Config::read, |config| &config.work, run).await
}
