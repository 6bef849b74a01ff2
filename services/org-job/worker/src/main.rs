//! `org-job-worker`: see the crate `org_job_worker`.

use org_job_worker::{Config, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    shared::work::main(Config::read, |config| &config.work, run).await
}
