//! `org-action-worker`: see the crate `org_action_worker`.

use org_action_worker::{Config, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    shared::work::main(Config::read, |config| &config.work, run).await
}
