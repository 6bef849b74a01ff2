//! Pattern 1, web: pages that show the Accounts of every connected org, and start and show bulk loads. The loading is the
//! worker's.

mod accounts;
mod config;
mod connections;
mod loads;
mod pages;
mod routes;
mod state;

pub use config::Config;

use ::web::site::Door;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use shared::figures::{Figures, queue_name};
use shared::jobs::Jobs;
use state::State;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves on `listener` until `shutdown` is cancelled. Redis may come later: the accounts are shown without it.
///
/// # Errors
/// When a setting cannot be used, or the listener, or Redis, once it is there, would not keep jobs.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let jobs = Jobs::connect_lazily(config.web.jobs.clone()).context("REDIS_URL cannot be used")?;
    let door = Door {
        access: config.access.clone(),
        key: config.web.jobs.secret_key.clone(),
        jobs: jobs.clone(),
        server: config.web.server.clone(),
        figures: Figures::new(vec![(queue_name(&config.web.jobs.prefix).to_owned(), jobs.operator())]),
    };
    let state = Data::new(State::new(config, jobs)?);
    let pages = move |service: &mut ServiceConfig| {
        service.app_data(state.clone()).configure(routes::configure);
    };
    ::web::site::serve(&pages::SITE, door, listener, shutdown, pages).await
}
