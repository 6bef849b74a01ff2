//! The dashboard: pages that show operators the jobs of all patterns, and let them act on jobs and orgs.
//!
//! It reads Redis through [`shared::jobs::operator`] alone, as the command line `jobs` does, and runs nothing itself.

mod config;
mod csv_file;
mod fresh;
mod live;
mod names;
mod pages;
mod queue;
mod routes;
mod state;

pub use config::Config;

use ::web::site::Door;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use shared::figures::Figures;
use shared::jobs::Jobs;
use state::State;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves on `listener` until `shutdown` is cancelled. Redis may come later: the pages say that it is missing.
///
/// # Errors
/// When a setting cannot be used, or the listener, or Redis, once it is there, would not keep jobs.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let jobs = Jobs::connect_lazily(config.jobs.clone()).context("REDIS_URL cannot be used")?;
    let (access, key, server) = (config.access.clone(), config.jobs.secret_key.clone(), config.server.clone());
    let state = Data::new(State::new(config, &jobs, shutdown.clone())?);
    let queues = state.queues.iter().map(|queue| (queue.name.clone(), queue.operator.clone()));
    let figures = Figures::new(queues.collect());
    let door = Door { access, key, jobs, server, figures };
    let pages = move |service: &mut ServiceConfig| {
        service.app_data(state.clone()).configure(routes::configure);
    };
    ::web::site::serve(&pages::SITE, door, listener, shutdown, pages).await
}
