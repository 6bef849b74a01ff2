//! One process with all its faces: the only room that knows each of them.

mod app;
mod inside;
mod tunnel;

use std::future::Future;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{HttpServer, web};
use anyhow::Context;
use rustls::ServerConfig;

use self::app::{Https, Shared, app};
pub use self::inside::{Asked, Inside, Replied};
use crate::certificate::Certificate;
use crate::config::{Config, Listeners};
use crate::control::endpoints::Endpoints;
use crate::host::{Host, flows};
use crate::pubsub::Servers;
use crate::{external_services, http};

/// How long an idle connection stays open.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long calls under way may take after the stop was asked for, in seconds.
const SHUTDOWN_TIMEOUT: u64 = 10;

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
    crate::version::set_newest(config.newest_api_version);
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
    let client = web::Data::new(external_services::http_client()?);
    let _flows = flows::listen(&host);
    let host = web::Data::new(host);
    let mut servers = Servers::default();
    let mut endpoints = Endpoints { certificate: certificate.as_ref().map(Certificate::pem), ..Endpoints::default() };
    if let Some(listener) = pubsub {
        endpoints.pubsub = Some(servers.serve(&host, listener, None)?);
    }
    if let (Some(listener), Some(certificate)) = (pubsub_tls, &certificate) {
        endpoints.pubsub_tls = Some(servers.serve(&host, listener, Some(certificate))?);
    }
    let announcement = announcement(&urls, &endpoints);
    let https = Https(tls.as_ref().map(|(listener, _)| tunnel::inside(listener)).transpose()?);
    let shared = Shared { host, endpoints: web::Data::new(endpoints), client, https: web::Data::new(https) };
    let server = server(shared, http, tls, shutdown)?;
    if announce {
        say_ready(&announcement).context("cannot write to standard output")?;
    }
    server.await.context("the server failed")
}

/// The server of the http and https ports, which listens from now on.
fn server(
    shared: Shared,
    http: TcpListener,
    tls: Option<(TcpListener, ServerConfig)>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Server> {
    let mut server = HttpServer::new(move || app(shared.clone()))
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
    let certificate = Certificate::self_signed(&config.allowed_hosts)?;
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
