//! Pattern 3, worker: runs the batch jobs that `org-job-web` accepted, together with all other workers.

mod config;
mod generate_quotes;
mod progress;

pub use config::{BulkQuotes, Config};

use generate_quotes::GenerateQuotesKind;
use progress::Progress;
use shared::jobs::JobKind;
use shared::work::samples::{CreateSamplesKind, DeleteSamplesKind};
use shared::work::{Orgs, TaskUser};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Works until `shutdown` is cancelled, then lets running chunks end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Config { work, quotes, chunk_size, bulk, progress_events, samples: settings } = config;
    let progress = Progress::new(progress_events);
    let kinds = |orgs: Orgs| -> Vec<Arc<dyn JobKind>> {
        vec![
            Arc::new(GenerateQuotesKind { orgs: orgs.clone(), quotes, chunk_size, bulk, progress }),
            Arc::new(CreateSamplesKind { orgs: orgs.clone(), user: TaskUser::Caller, settings }),
            Arc::new(DeleteSamplesKind { orgs, user: TaskUser::Caller, settings }),
        ]
    };
    shared::work::run(work, kinds, shutdown).await
}
