//! Pattern 1, worker: runs the loads that `api-access-web` accepted, and their resets, through Bulk API 2.0.
//!
//! A chunk of a job is one bulk job. Its id is kept before rows are sent, so whoever runs the chunk after a crash first
//! brings that bulk job to an end, and loads again only what it did not.

mod bulk_chunk;
mod config;
mod connection;
mod delete_accounts;
mod load_accounts;
mod report;
mod samples;

pub use config::Config;

use connection::Connections;
use delete_accounts::DeleteAccountsKind;
use load_accounts::LoadAccountsKind;
use shared::applink::{AppLink, AppLinkSettings};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Works until `shutdown` is cancelled, then lets running chunks end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Config { work, addon } = config;
    shared::work::run(
        work,
        |orgs| {
            let applink = AppLink::new(orgs.http().clone(), addon, orgs.hosts().clone(), AppLinkSettings::default());
            let connections = Connections::new(orgs, applink);
            vec![
                Arc::new(LoadAccountsKind { connections: connections.clone() }),
                Arc::new(DeleteAccountsKind { connections }),
            ]
        },
        shutdown,
    )
    .await
}
