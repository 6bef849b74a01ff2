//! Pattern 1, web: pages that show the Accounts of every connected org, and start and show bulk loads. The loading is the
//! worker's.

mod accounts;
mod config;
mod connections;
mod loads;
mod pages;
mod routes;

pub use config::Config;

use ::web::WaitingCalls;
use ::web::health::Health;
use ::web::login::Login;
use accounts::Directory;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use connections::Connection;
use loads::Loads;
use shared::applink::{AppLink, AppLinkSettings};
use shared::jobs::Jobs;
use shared::salesforce::{HttpSettings, RetryPolicy, http_client};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What the handlers share.
#[derive(Clone)]
struct State {
    connections: Arc<[Connection]>,
    directory: Directory,
    deadline: Duration,
    loads: Loads,
}

impl State {
    fn new(config: Config, jobs: Jobs) -> anyhow::Result<Self> {
        let http = http_client(&HttpSettings { connect_timeout: config.deadline, ..HttpSettings::default() })
            .context("Failed to set up the HTTP client")?;
        let retry = RetryPolicy { total: config.deadline, ..RetryPolicy::default() };
        let settings = AppLinkSettings { attempt_timeout: config.deadline, retry };
        let applink = AppLink::new(http.clone(), config.addon, config.web.hosts, settings);
        Ok(Self {
            connections: config.connections.into(),
            directory: Directory::new(applink, http, config.deadline, WaitingCalls::new(config.web.calls)),
            deadline: config.deadline,
            loads: Loads::new(jobs),
        })
    }

    /// The connection of this name, if it is one that is shown.
    fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.as_str() == name)
    }
}

/// Serves on `listener` until `shutdown` is cancelled. Redis may come later: the accounts are shown without it.
///
/// # Errors
/// When a setting cannot be used, or the listener, or Redis, once it is there, would not keep jobs.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let server = config.web.server.clone();
    let jobs = Jobs::connect_lazily(config.web.jobs.clone()).context("REDIS_URL cannot be used")?;
    let (ping, check) = (jobs.clone(), jobs.clone());
    let health = Health::new().check("redis", move || {
        let jobs = ping.clone();
        async move { jobs.ready().await.map_err(|error| error.to_string()) }
    });
    let key = config.web.jobs.secret_key.clone();
    let login = Data::new(Login::new(config.access.clone(), key, jobs.clone(), pages::Pages));
    let state = Data::new(State::new(config, jobs)?);
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
