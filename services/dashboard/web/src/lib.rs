//! The dashboard: pages that show operators the jobs of all patterns, and let them act on jobs and orgs.
//!
//! It reads Redis through [`shared::jobs::operator`] alone, as the command line `jobs` does, and runs nothing itself.

mod config;
mod csv_file;
mod live;
mod names;
mod pages;
mod queue;
mod routes;
mod state;

pub use config::Config;

use ::web::health::Health;
use ::web::login::Login;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use shared::jobs::Jobs;
use state::State;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves on `listener` until `shutdown` is cancelled. Redis may come later: the pages say that it is missing.
///
/// # Errors
/// When a setting cannot be used, or the listener, or Redis, once it is there, would not keep jobs.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let server = config.server.clone();
    let jobs = Jobs::connect_lazily(config.jobs.clone()).context("REDIS_URL cannot be used")?;
    let (ping, check) = (jobs.clone(), jobs.clone());
    let health = Health::new().check("redis", move || {
        let jobs = ping.clone();
        async move { jobs.ready().await.map_err(|error| error.to_string()) }
    });
    let key = config.jobs.secret_key.clone();
    let login = Data::new(Login::new(config.access.clone(), key, jobs.clone(), pages::Pages));
    let state = Data::new(State::new(config, &jobs, shutdown.clone())?);
    let app = move || {
        let (state, login, health) = (state.clone(), login.clone(), health.clone());
        ::web::app(&move |service: &mut ServiceConfig| {
            service.app_data(state.clone()).app_data(login.clone());
            service
                .configure(|service| health.routes(service))
                .configure(|service| pages::FILES.routes(service))
                .configure(routes::configure);
        })
    };
    tokio::select! {
        served = ::web::server::serve(app, listener, shutdown, server) => served.context("The server stopped"),
        error = check.unsuitable() => Err(error).context("The server at REDIS_URL cannot be used"),
    }
}
