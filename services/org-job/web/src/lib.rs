//! Pattern 3, web: Salesforce starts a batch job here and follows it. The work itself is the worker's.

mod config;
pub mod openapi;
mod routes;

pub use config::Config;

use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use shared::jobs::Jobs;
use shared::salesforce::AllowedHosts;
use shared::web::health::Health;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the handlers share.
#[derive(Clone)]
struct State {
    jobs: Jobs,
    hosts: AllowedHosts,
    shutdown: CancellationToken,
}

/// Serves on `listener` until `shutdown` is cancelled.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs, or the listener cannot be used.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let jobs = Jobs::connect(config.jobs).await.context("Failed to connect to REDIS_URL")?;
    let document = openapi::document().context("Failed to write the OpenAPI document")?;
    let ping = jobs.clone();
    let health = Health::new()
        .check("redis", move || {
            let jobs = ping.clone();
            async move { jobs.ping().await.map_err(|error| error.to_string()) }
        })
        .document(&document);
    let state = State { jobs, hosts: config.hosts, shutdown: shutdown.clone() };
    let app = move || {
        let (state, health) = (state.clone(), health.clone());
        shared::web::app(&move |service: &mut ServiceConfig| {
            service.app_data(Data::new(state.hosts.clone())).app_data(Data::new(state.clone()));
            service.configure(|service| health.routes(service)).configure(routes::configure);
        })
    };
    shared::web::server::serve(app, listener, shutdown, config.threads).await.context("The server stopped")
}
