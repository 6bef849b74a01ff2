//! The worker of docs/ADD-A-JOB.md: `org-job-worker` with no kind but `rateAccounts`. In your copy of the repository the files
//! beside this one go to the places that the page names, and the kind into the list of `services/org-job/worker/src/lib.rs`.

mod rate_accounts;
pub mod ratings;

use rate_accounts::RateAccountsKind;
use shared::config::{ConfigError, Settings};
use shared::contracts::org_job::QUEUE_PREFIX;
use shared::jobs::{self, JobKind};
use shared::work::{self, Orgs, WorkSettings};
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn settings(settings: &Settings) -> Result<WorkSettings, ConfigError> {
    let mut reader = settings.reader();
    let work = WorkSettings::read(&mut reader, QUEUE_PREFIX);
    reader.finish()?;
    Ok(work)
}

async fn run(settings: WorkSettings, shutdown: CancellationToken) -> anyhow::Result<()> {
    let kinds = |orgs: Orgs| -> Vec<Arc<dyn JobKind>> { vec![Arc::new(RateAccountsKind { orgs })] };
    work::run(settings, kinds, shutdown).await
}

#[tokio::main]
async fn main() -> ExitCode {
    work::main(settings, |work| work, run).await
}
