//! Pattern 4, worker: makes the Quotes of changed Opportunities and tells the user when they are there.

mod completion;
mod config;
mod plan;
mod quote_changes;
mod stages;

pub use config::Config;

use completion::Publisher;
use plan::Planner;
use quote_changes::QuoteChangesKind;
use shared::applink::{AppLink, AppLinkSettings};
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
    let Config { work, addon, authorization, stages, quotes, chunk_size, samples: settings, pubsub } = config;
    let authorization_pause = work.limit_pause;
    let kinds = |orgs: Orgs| -> Vec<Arc<dyn JobKind>> {
        let applink = AppLink::new(orgs.http().clone(), addon, orgs.hosts().clone(), AppLinkSettings::default());
        let user = applink.authorized_user(authorization);
        let task_user = TaskUser::Authorized(user.clone());
        let changes = QuoteChangesKind {
            orgs: orgs.clone(),
            user,
            quotes,
            planner: Planner { stages, chunk_size },
            publisher: Publisher { pubsub },
            authorization_pause,
        };
        vec![
            Arc::new(changes),
            Arc::new(CreateSamplesKind { orgs: orgs.clone(), user: task_user.clone(), settings }),
            Arc::new(DeleteSamplesKind { orgs, user: task_user, settings }),
        ]
    };
    shared::work::run(work, kinds, shutdown).await
}
