//! A local Salesforce org with an AppLink add-on, for development, demos and tests.
//!
//! [`run`] serves several orgs on one port, and with TLS on a second one: their REST API, the add-on API ([`applink`]),
//! a control API under `/local/` that sets costs and faults, reads counters and writes test data, and a console under
//! `/console` to look at. The Pub/Sub API has ports of its own, with the same certificate where they have TLS. Orgs are
//! told apart by the access token. The crate knows none of the services that talk to it and does not use their client,
//! so that a mistake on one side is not made good by the same mistake on the other.

pub mod applink;
mod bulk;
pub mod cdc;
pub mod certificate;
pub mod cli;
mod console;
pub mod costs;
pub mod counters;
mod endpoints;
pub mod error;
mod events;
mod external_services;
pub mod faults;
mod flows;
mod guard;
mod http;
pub mod id;
pub mod metadata;
mod notifications;
mod pubsub;
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
use actix_web::middleware::{NormalizePath, from_fn};
use actix_web::{HttpServer, web};
use anyhow::Context;
use rustls::ServerConfig;

use crate::applink::Addon;
use crate::certificate::Certificate;
use crate::costs::Costs;
use crate::endpoints::Endpoints;
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
    /// Names besides loopback ones to which callers may address themselves, without port.
    pub allowed_hosts: Vec<String>,
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
            allowed_hosts: Vec::new(),
            certificate: None,
            announce: false,
        }
    }
}

/// The ports to serve on, taken.
#[derive(Debug)]
pub struct Listeners {
    /// REST API, add-on and control API.
    pub http: TcpListener,
    /// The same with TLS, and with another scheme in its URLs.
    pub https: Option<TcpListener>,
    /// Pub/Sub API in clear text.
    pub pubsub: Option<TcpListener>,
    /// Pub/Sub API with TLS.
    pub pubsub_tls: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(http: TcpListener) -> Self {
        Self { http, https: None, pubsub: None, pubsub_tls: None }
    }
}

/// Serves on `listeners` until `shutdown` is ready, then lets the calls under way end.
///
/// # Errors
///
/// When metadata or databases cannot be read, the data or the certificate cannot be made, or a listener fails.
pub async fn run(
    mut config: Config,
    listeners: impl Into<Listeners>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let Listeners { http, https, pubsub, pubsub_tls } = listeners.into();
    let announce = config.announce;
    config.allowed_hosts.extend(addresses([Some(&http), https.as_ref(), pubsub.as_ref(), pubsub_tls.as_ref()]));
    // One for all ports, so that clients have one file to trust.
    let certificate = if https.is_some() || pubsub_tls.is_some() { Some(certificate(&config)?) } else { None };
    let mut urls = vec![url("http", &http)?];
    let mut tls = None;
    if let (Some(listener), Some(certificate)) = (https, &certificate) {
        urls.push(url("https", &listener)?);
        tls = Some((listener, certificate.server_config()?));
    }
    let host = tokio::task::spawn_blocking(move || Host::open(config)).await.context("start-up was interrupted")??;
    let _flows = flows::listen(&host);
    let host = web::Data::new(host);
    let mut servers = pubsub::Servers::default();
    let mut endpoints = Endpoints { certificate: certificate.as_ref().map(Certificate::pem), ..Endpoints::default() };
    if let Some(listener) = pubsub {
        endpoints.pubsub = Some(servers.serve(&host, listener, None)?);
    }
    if let (Some(listener), Some(certificate)) = (pubsub_tls, &certificate) {
        endpoints.pubsub_tls = Some(servers.serve(&host, listener, Some(certificate))?);
    }
    let announcement = announcement(&urls, &endpoints);
    let server = server(host, endpoints, http, tls, shutdown)?;
    if announce {
        say_ready(&announcement).context("cannot write to standard output")?;
    }
    server.await.context("the server failed")
}

/// The server of the http and https ports, which listens from now on.
fn server(
    host: web::Data<Host>,
    endpoints: Endpoints,
    http: TcpListener,
    tls: Option<(TcpListener, ServerConfig)>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Server> {
    let endpoints = web::Data::new(endpoints);
    let app = move || {
        let app = actix_web::App::new().app_data(host.clone()).app_data(endpoints.clone());
        // The Salesforce CLI doubles slashes, and an org does not mind.
        app.wrap(NormalizePath::trim()).wrap(from_fn(http::guard::screen)).configure(http::configure)
    };
    let mut server = HttpServer::new(app)
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

/// The addresses that were asked for: who listens on one answers to it. An address is no name that a page could have.
fn addresses<'l>(listeners: impl IntoIterator<Item = Option<&'l TcpListener>>) -> Vec<String> {
    let addresses = listeners.into_iter().flatten().filter_map(|listener| listener.local_addr().ok());
    addresses.map(|address| address.ip()).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()).collect()
}

/// What standard output says when all ports are served, a line each: the first one is the one to wait for.
fn announcement(urls: &[String], endpoints: &Endpoints) -> String {
    let mut lines: String = urls.iter().map(|url| format!("local-org listening on {url}\n")).collect();
    if let Some(address) = endpoints.pubsub {
        lines += &format!("Pub/Sub API at http://{address}\n");
    }
    if let Some(address) = endpoints.pubsub_tls {
        lines += &format!("Pub/Sub API at https://{address}\n");
    }
    lines
}

fn say_ready(announcement: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(announcement.as_bytes())?;
    stdout.flush()
}
