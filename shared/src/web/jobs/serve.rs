//! The process of a web service that starts jobs.

use super::JobAccess;
use crate::jobs::Jobs;
use crate::web::config::WebConfig;
use crate::web::health::Health;
use crate::web::openapi::Document;
use crate::web::{app, server};
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The token that ends endless answers.
#[derive(Clone)]
pub(super) struct Shutdown(pub(super) CancellationToken);

/// Serves `routes`, the operations of [`super::configure`], health and `document` on `listener` until `shutdown` is
/// cancelled. Handlers find `Data<Jobs>` and `Data<AllowedHosts>`.
///
/// # Errors
/// When Redis cannot be reached at the start or the listener cannot be used.
pub async fn serve<R>(
    config: WebConfig,
    document: &Document,
    listener: TcpListener,
    shutdown: CancellationToken,
    routes: R,
) -> anyhow::Result<()>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let jobs = Jobs::connect(config.jobs.clone()).await.context("Failed to connect to REDIS_URL")?;
    serve_with(jobs, config, document, listener, shutdown, routes).await
}

/// The same for a service that has work to do without Redis: it starts without, and connects with the first job. `/ready`
/// tells that Redis is missing.
///
/// # Errors
/// When a setting of the jobs or the listener cannot be used.
pub async fn serve_without_redis<R>(
    config: WebConfig,
    document: &Document,
    listener: TcpListener,
    shutdown: CancellationToken,
    routes: R,
) -> anyhow::Result<()>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let jobs = Jobs::connect_lazily(config.jobs.clone()).context("REDIS_URL cannot be used")?;
    serve_with(jobs, config, document, listener, shutdown, routes).await
}

async fn serve_with<R>(
    jobs: Jobs,
    config: WebConfig,
    document: &Document,
    listener: TcpListener,
    shutdown: CancellationToken,
    routes: R,
) -> anyhow::Result<()>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let access = JobAccess::new(config.access).context("Failed to set up the HTTP client")?;
    let ping = jobs.clone();
    let health = Health::new()
        .check("redis", move || {
            let jobs = ping.clone();
            async move { jobs.ping().await.map_err(|error| error.to_string()) }
        })
        .document(document);
    let (hosts, stop) = (config.hosts, Shutdown(shutdown.clone()));
    let factory = move || {
        let (jobs, access, hosts, stop) = (jobs.clone(), access.clone(), hosts.clone(), stop.clone());
        let (health, routes) = (health.clone(), routes.clone());
        app(&move |service: &mut ServiceConfig| {
            service
                .app_data(Data::new(hosts.clone()))
                .app_data(Data::new(jobs.clone()))
                .app_data(Data::new(access.clone()))
                .app_data(Data::new(stop.clone()))
                .configure(|service| health.routes(service))
                .configure(super::configure)
                .configure(|service| routes(service));
        })
    };
    server::serve(factory, listener, shutdown, config.server).await.context("The server stopped")
}
