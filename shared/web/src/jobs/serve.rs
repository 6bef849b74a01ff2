//! The process of a web service that starts jobs.

use super::access::JobAccess;
use super::config::WebConfig;
use super::routes;
use super::streams::{Shutdown, Streams};
use crate::health::Health;
use crate::openapi::Document;
use crate::{Conditions, WaitingCalls, app, server};
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use shared::figures::{Figures, queue_name};
use shared::jobs::Jobs;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What is said of a server that would lose jobs.
const UNSUITABLE: &str = "The server at REDIS_URL cannot be used";

/// What a service does at its start while Redis does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It does not start.
    Eager,
    /// It starts, since it has work to do without, and connects once Redis is there. `/ready` tells that it is missing.
    Lazy,
}

/// Serves `own`, the operations of [`routes::configure`], health and `document` on `listener` until `shutdown` is
/// cancelled. Handlers find `Data<Jobs>`, `Data<AllowedHosts>`, `Data<WaitingCalls>` and `Data<Conditions>`.
///
/// # Errors
/// When a setting of the jobs or the listener cannot be used; when Redis would not keep jobs; with [`Start::Eager`] also when
/// it cannot be reached.
pub async fn serve<R>(
    start: Start,
    config: WebConfig,
    document: &Document,
    listener: TcpListener,
    shutdown: CancellationToken,
    own: R,
) -> anyhow::Result<()>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let jobs = match start {
        Start::Eager => {
            let connected = Jobs::connect(config.jobs.clone()).await;
            let jobs =
                connected.with_context(|| format!("Failed to connect to REDIS_URL at {}", config.jobs.server()))?;
            jobs.check_server().await.context(UNSUITABLE)?;
            jobs
        }
        Start::Lazy => Jobs::connect_lazily(config.jobs.clone()).context("REDIS_URL cannot be used")?,
    };
    let calls = WaitingCalls::new(config.calls);
    let access = JobAccess::new(config.access, calls.clone()).context("Failed to set up the HTTP client")?;
    let conditions = Conditions::new(calls.clone()).context("Failed to set up the HTTP client")?;
    let ping = jobs.clone();
    let health = Health::new()
        .check("redis", move || {
            let jobs = ping.clone();
            async move { jobs.ready().await.map_err(|error| error.to_string()) }
        })
        .queues(Figures::new(vec![(queue_name(&config.jobs.prefix).to_owned(), jobs.operator())]))
        .document(document);
    let (streams, check) = (Streams::new(config.streams), jobs.clone());
    let (hosts, stop) = (config.hosts, Shutdown(shutdown.clone()));
    let factory = move || {
        let (jobs, access, hosts) = (jobs.clone(), access.clone(), hosts.clone());
        let (stop, streams, calls) = (stop.clone(), streams.clone(), calls.clone());
        let (health, own, conditions) = (health.clone(), own.clone(), conditions.clone());
        app(&move |service: &mut ServiceConfig| {
            service
                .app_data(Data::new(hosts.clone()))
                .app_data(Data::new(jobs.clone()))
                .app_data(Data::new(access.clone()))
                .app_data(Data::new(stop.clone()))
                .app_data(Data::new(streams.clone()))
                .app_data(Data::new(calls.clone()))
                .app_data(Data::new(conditions.clone()))
                // Routes are tried in order, and one with a part that varies is a regular expression: first what is called most.
                .configure(|service| own(service))
                .configure(|service| health.routes(service))
                .configure(routes::configure);
        })
    };
    tokio::select! {
        served = server::serve(factory, listener, shutdown, config.server) => served.context("The server stopped"),
        error = check.unsuitable() => Err(error).context(UNSUITABLE),
    }
}
