//! A local Salesforce org with an AppLink add-on, for development, demos and tests.
//!
//! [`run`] serves several orgs on one port, and with TLS on a second one: their REST API, the add-on API ([`applink`]) and a control API
//! under `/local/` that sets costs and faults, reads counters and writes test data. Orgs are told apart by the access
//! token. The crate knows none of the services that talk to it and does not use their client, so that a mistake on one
//! side is not made good by the same mistake on the other.

pub mod applink;
mod bulk;
pub mod cdc;
pub mod certificate;
pub mod cli;
pub mod costs;
pub mod counters;
pub mod error;
mod events;
mod external_services;
pub mod faults;
mod flows;
mod http;
pub mod id;
pub mod metadata;
mod notifications;
pub mod schema;
pub mod seed;
pub mod settings;
pub mod soql;
pub mod store;

use std::future::Future;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{HttpServer, web};
use anyhow::Context;
use rustls::ServerConfig;

use crate::applink::Addon;
use crate::certificate::Certificate;
use crate::costs::Costs;
use crate::http::Host;

/// How long an idle connection stays open.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long calls under way may take after the stop was asked for, in seconds.
const SHUTDOWN_TIMEOUT: u64 = 10;

/// What a local org is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Directory of the databases, one file an org; `None` keeps them in memory.
    pub db: Option<PathBuf>,
    /// The sfdx project whose custom fields and permission sets the orgs have; `None` for none.
    pub salesforce_dir: Option<PathBuf>,
    /// The add-on that apps ask for authorizations.
    pub addon: Addon,
    /// Opportunities to make in `my-org` at the start, if it has none yet.
    pub opportunities: u32,
    /// Line items of each of them.
    pub lines: u32,
    /// Costs at the start; `/local/costs` changes them.
    pub costs: Costs,
    /// File to write the certificate of the ports with TLS to, for clients that are to trust it.
    pub certificate: Option<PathBuf>,
    /// Whether to say on standard output when the server is ready.
    pub announce: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            db: None,
            salesforce_dir: None,
            addon: Addon::default(),
            opportunities: 0,
            lines: 2,
            costs: Costs::default(),
            certificate: None,
            announce: false,
        }
    }
}

/// What a local org listens on.
#[derive(Debug)]
pub struct Listeners {
    /// For http.
    pub http: TcpListener,
    /// For https, which is the same with another scheme in its URLs.
    pub https: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(http: TcpListener) -> Self {
        Self { http, https: None }
    }
}

/// Serves on `listeners` until `shutdown` is ready, then lets the calls under way end.
///
/// # Errors
///
/// When metadata, databases cannot be read, the data or the certificate cannot be made, or a listener fails.
pub async fn run(
    config: Config,
    listeners: impl Into<Listeners>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let Listeners { http, https } = listeners.into();
    let mut urls = vec![url("http", &http)?];
    let tls = match https {
        None => None,
        Some(listener) => {
            urls.push(url("https", &listener)?);
            Some((listener, certificate(&config)?.server_config()?))
        }
    };
    let announce = config.announce;
    let host = tokio::task::spawn_blocking(move || Host::open(config)).await.context("start-up was interrupted")??;
    let _flows = flows::listen(&host);
    let server = server(host, http, tls, shutdown)?;
    if announce {
        say_ready(&urls).context("cannot write to standard output")?;
    }
    server.await.context("the server failed")
}

/// The server, which listens from now on.
fn server(
    host: Host,
    http: TcpListener,
    tls: Option<(TcpListener, ServerConfig)>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Server> {
    let host = web::Data::new(host);
    let mut server = HttpServer::new(move || actix_web::App::new().app_data(host.clone()).configure(http::configure))
        .on_connect(http::connection::remember)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_TIMEOUT)
        .shutdown_signal(shutdown)
        .listen(http)
        .context("cannot serve on the listener")?;
    if let Some((listener, config)) = tls {
        server = server.listen_rustls_0_23(listener, config).context("cannot serve on the listener with TLS")?;
    }
    Ok(server.run())
}

/// The certificate of this process, written for clients where that was asked for.
fn certificate(config: &Config) -> anyhow::Result<Certificate> {
    let certificate = Certificate::self_signed()?;
    if let Some(path) = &config.certificate {
        certificate.write(path)?;
    }
    Ok(certificate)
}

fn url(scheme: &str, listener: &TcpListener) -> anyhow::Result<String> {
    let address = listener.local_addr().context("the listener has no address")?;
    Ok(format!("{scheme}://{address}"))
}

/// One line an address on standard output.
fn say_ready(urls: &[String]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for url in urls {
        writeln!(stdout, "local-org listening on {url}")?;
    }
    stdout.flush()
}
