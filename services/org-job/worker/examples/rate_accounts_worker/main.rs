//! The worker of docs/ADD-A-JOB.md: `org-job-worker` with no kind but `rateAccounts`. In your copy of the repository the files
//! beside this one go to the places that the page names, and the kind into the list of `services/org-job/worker/src/lib.rs`.

mod rate_accounts;
pub mod ratings;

use rate_accounts::RateAccountsKind;
use shared::config::Settings;
use shared::contracts::org_job::QUEUE_PREFIX;
use shared::jobs::{self, JobKind};
use shared::work::{Orgs, WorkSettings};
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::from_process_env()?;
    let mut reader = settings.reader();
    let work = WorkSettings::read(&mut reader, QUEUE_PREFIX);
    reader.finish()?;
    shared::telemetry::init(&work.telemetry)?;
    shared::salesforce::install_tls_provider();
    let shutdown = shared::process::signal_token()?;
    let kinds = |orgs: Orgs| -> Vec<Arc<dyn JobKind>> { vec![Arc::new(RateAccountsKind { orgs })] };
    shared::work::run(work, kinds, shutdown).await
}
