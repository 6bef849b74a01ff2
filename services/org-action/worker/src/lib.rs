//! Pattern 2, worker: makes the Quotes that `org-action-web` was asked for asynchronously, and calls back; and removes what a
//! web process that was killed left half-written.

mod config;
mod end;
mod generate_quote;
mod remove_incomplete;

pub use config::{CallbackAuthorization, Config};

use generate_quote::GenerateQuoteKind;
use remove_incomplete::RemoveIncompleteKind;
use shared::applink::{AppLink, AppLinkSettings};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Works until `shutdown` is cancelled, then lets running Quotes end or gives them back.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Config { work, quotes, callback } = config;
    shared::work::run(
        work,
        |orgs| {
            let callback_user = callback.map(|CallbackAuthorization { name, addon }| {
                let (http, hosts) = (orgs.http().clone(), orgs.hosts().clone());
                AppLink::new(http, addon, hosts, AppLinkSettings::default()).authorized_user(name)
            });
            let remove =
                RemoveIncompleteKind { orgs: orgs.clone(), quotes: quotes.clone(), authorized: callback_user.clone() };
            vec![Arc::new(GenerateQuoteKind { orgs, quotes, callback_user }), Arc::new(remove)]
        },
        shutdown,
    )
    .await
}
