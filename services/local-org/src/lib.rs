//! A local Salesforce org with an AppLink add-on, for development, demos and tests.
//!
//! [`run`] serves several orgs on one port: their REST API, the add-on API ([`applink`]) and a control API
//! under `/local/` that sets costs and faults, reads counters and writes test data. Orgs are told apart by the access
//! token. The crate knows none of the services that talk to it and does not use their client, so that a mistake on one
//! side is not made good by the same mistake on the other.

pub mod applink;
mod bulk;
pub mod cdc;
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

use actix_web::{HttpServer, web};
use anyhow::Context;

use crate::applink::Addon;
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
            announce: false,
        }
    }
}

/// Serves on `listener` until `shutdown` is ready, then lets the calls under way end.
///
/// # Errors
///
/// When metadata or databases cannot be read, the data cannot be made, or the listener fails.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let announce = config.announce;
    let address = listener.local_addr().context("the listener has no address")?;
    let host = tokio::task::spawn_blocking(move || Host::open(config)).await.context("start-up was interrupted")??;
    let _flows = flows::listen(&host);
    let host = web::Data::new(host);
    let server = HttpServer::new(move || actix_web::App::new().app_data(host.clone()).configure(http::configure))
        .on_connect(http::connection::remember)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_TIMEOUT)
        .shutdown_signal(shutdown)
        .listen(listener)
        .context("cannot serve on the listener")?;
    if announce {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "local-org listening on http://{address}").context("cannot write to standard output")?;
        stdout.flush().context("cannot write to standard output")?;
    }
    server.run().await.context("the server failed")
}
