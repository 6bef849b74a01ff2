//! The command line.

mod publish;

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, Subcommand};
use url::Url;

pub use self::publish::Publish;
use crate::config::{Addon, AppOnHeroku, Config, Listeners};
use crate::console::dashboard_url;
use crate::costs::Costs;
use crate::guard::host_name;
use crate::version::NEWEST_BY_DEFAULT;

/// Where the Salesforce project lies, seen from the root of the repository.
const DEFAULT_SALESFORCE_DIR: &str = "salesforce";

/// A local Salesforce org with an AppLink add-on.
#[derive(Parser)]
#[command(version, name = "local-org", args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of serving
    #[command(subcommand)]
    command: Option<Command>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, env = "LOCAL_ORG_PORT", default_value_t = 8090)]
    port: u16,
    /// Port of the Pub/Sub API; 0 takes a free one [default: the one after --port, or a free one if that is taken]
    #[arg(long, env = "LOCAL_ORG_PUBSUB_PORT")]
    pubsub_port: Option<u16>,
    /// Port of the Pub/Sub API with TLS; 0 takes a free one [default: none]
    #[arg(long, env = "LOCAL_ORG_PUBSUB_TLS_PORT")]
    pubsub_tls_port: Option<u16>,
    /// Address to listen on
    #[arg(long, env = "LOCAL_ORG_BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Name besides localhost by which local-org may be called, such as its name in a network of containers; may be
    /// given several times
    #[arg(long = "allowed-host", env = "LOCAL_ORG_ALLOWED_HOSTS", value_delimiter = ',', value_parser = host_name)]
    allowed_hosts: Vec<String>,
    /// Address of the dashboard that shows the jobs of apps, such as http://127.0.0.1:8084: the console's Quotes lead to
    /// their jobs there
    #[arg(long, env = "LOCAL_ORG_DASHBOARD_URL", value_parser = dashboard_url)]
    dashboard_url: Option<Url>,
    /// Port for https as well, with a self-signed certificate; 0 takes a free one [default: no https]
    #[arg(long, env = "LOCAL_ORG_TLS_PORT")]
    tls_port: Option<u16>,
    /// File to write the certificate of the ports with TLS to, for clients that are to trust it
    #[arg(long, env = "LOCAL_ORG_TLS_CERT_OUT")]
    tls_cert_out: Option<PathBuf>,
    /// Directory of the databases [default: in memory]
    #[arg(long, env = "LOCAL_ORG_DB")]
    db: Option<PathBuf>,
    /// Salesforce project to deploy [default: salesforce, if there is one]
    #[arg(long, env = "LOCAL_ORG_SALESFORCE_DIR")]
    salesforce_dir: Option<PathBuf>,
    /// UUID of the AppLink add-on
    #[arg(long, env = "LOCAL_ORG_ADDON_ID", default_value_t = Addon::default().id)]
    addon_id: String,
    /// Token of the AppLink add-on
    #[arg(long, env = "LOCAL_ORG_ADDON_TOKEN", hide_env_values = true, default_value_t = Addon::default().token)]
    addon_token: String,
    /// UUID of the app that the add-on is attached to
    #[arg(long, env = "LOCAL_ORG_APP_ID", default_value_t = Addon::default().app_id)]
    app_id: String,
    /// App that the Heroku CLI may name, and where it runs; may be given several times: the first is that of --app-id
    #[arg(
        long = "heroku-app",
        env = "LOCAL_ORG_HEROKU_APPS",
        value_name = "NAME=URL",
        value_delimiter = ',',
        default_value = "your-app=http://127.0.0.1:8080"
    )]
    heroku_apps: Vec<AppOnHeroku>,
    /// Opportunities to make in my-org, if it has none yet
    #[arg(long, env = "LOCAL_ORG_OPPORTUNITIES", default_value_t = 0)]
    opportunities: u32,
    /// Line items of each of them
    #[arg(long, env = "LOCAL_ORG_LINES", default_value_t = 2)]
    lines: u32,
    /// Milliseconds that every API call takes
    #[arg(long, env = "LOCAL_ORG_CALL_MS", default_value_t = 0)]
    call_ms: u64,
    /// Microseconds that every row read or written takes
    #[arg(long, env = "LOCAL_ORG_ROW_US", default_value_t = 0)]
    row_us: u64,
    /// API calls of an org at the same time [default: no limit]
    #[arg(long, env = "LOCAL_ORG_MAX_CONCURRENT")]
    max_concurrent: Option<u64>,
    /// API calls of an org in a day [default: no limit]
    #[arg(long, env = "LOCAL_ORG_DAILY_LIMIT")]
    daily_limit: Option<u64>,
    /// Milliseconds that a bulk job waits before it is processed
    #[arg(long, env = "LOCAL_ORG_BULK_DELAY_MS", default_value_t = 0)]
    bulk_delay_ms: u64,
    /// Newest version of the API, such as 68 for 68.0; later ones do not exist
    #[arg(long, env = "LOCAL_ORG_NEWEST_API_VERSION", default_value_t = NEWEST_BY_DEFAULT, value_parser = clap::value_parser!(u8).range(62..=99))]
    newest_api_version: u8,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publishes an app's operations to an org of a local org that runs
    Publish(Publish),
}

impl Cli {
    /// The subcommand, if one was given; without one the program serves.
    pub fn take_command(&mut self) -> Option<Command> {
        self.command.take()
    }

    /// The command line of this process. Asked for help or version, it prints them and ends the process.
    ///
    /// # Errors
    ///
    /// When an option or variable is wrong: one line that names it.
    pub fn from_command_line() -> anyhow::Result<Self> {
        match Self::try_parse() {
            Ok(cli) => Ok(cli),
            Err(error) if error.use_stderr() => {
                let text = error.to_string();
                let line = text.lines().next().unwrap_or_default();
                Err(anyhow::anyhow!("{}", line.strip_prefix("error: ").unwrap_or(line)))
            }
            Err(help) => help.exit(),
        }
    }

    /// The ports to listen on, taken.
    ///
    /// # Errors
    ///
    /// When one that was asked for is taken already, the address is none of this machine, or there would be no
    /// certificate to write.
    pub fn listen(&self) -> anyhow::Result<Listeners> {
        anyhow::ensure!(
            self.tls_cert_out.is_none() || self.tls_port.is_some() || self.pubsub_tls_port.is_some(),
            "--tls-cert-out needs --tls-port or --pubsub-tls-port"
        );
        let http = self.listen_on("--port", self.port)?;
        let https = self.tls_port.map(|port| self.listen_on("--tls-port", port)).transpose()?;
        let pubsub_tls = self.pubsub_tls_port.map(|port| self.listen_on("--pubsub-tls-port", port)).transpose()?;
        // The last one, so that the default takes no port that was asked for.
        let pubsub = match self.pubsub_port {
            Some(port) => self.listen_on("--pubsub-port", port)?,
            None => self.listen_after()?,
        };
        Ok(Listeners { http, https, pubsub: Some(pubsub), pubsub_tls })
    }

    fn listen_on(&self, option: &str, port: u16) -> anyhow::Result<TcpListener> {
        let address = SocketAddr::new(self.bind, port);
        TcpListener::bind(address).with_context(|| format!("{option}: cannot listen on {address}"))
    }

    /// The port after `--port`, or with a warning a free one where that is taken.
    fn listen_after(&self) -> anyhow::Result<TcpListener> {
        // 65535 has none after it, and 0 is a free port then, too.
        let after = if self.port == 0 { 0 } else { self.port.wrapping_add(1) };
        let address = SocketAddr::new(self.bind, after);
        match TcpListener::bind(address) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && after != 0 => {
                let listener = self.listen_on("--pubsub-port", 0)?;
                let chosen = listener.local_addr().context("the listener has no address")?;
                tracing::warn!("{address} is taken: the Pub/Sub API listens on {chosen}; --pubsub-port sets its port");
                Ok(listener)
            }
            bound => bound.with_context(|| format!("--pubsub-port: cannot listen on {address}")),
        }
    }

    /// The configuration of [`crate::run`], which will announce itself on standard output.
    ///
    /// # Errors
    ///
    /// When a folder that was named does not exist.
    pub fn config(self) -> anyhow::Result<Config> {
        let salesforce_dir = match self.salesforce_dir {
            Some(directory) if !directory.is_dir() => {
                anyhow::bail!("--salesforce-dir: {} is not a folder", directory.display());
            }
            Some(directory) => Some(directory),
            None => Some(Path::new(DEFAULT_SALESFORCE_DIR).to_owned())
                .filter(|directory| directory.join("sfdx-project.json").is_file()),
        };
        for (place, app) in self.heroku_apps.iter().enumerate() {
            let is_twice = self.heroku_apps.iter().take(place).any(|other| other.name == app.name);
            anyhow::ensure!(!is_twice, "--heroku-app: {} is there twice", app.name);
        }
        Ok(Config {
            db: self.db,
            salesforce_dir,
            addon: Addon { id: self.addon_id, token: self.addon_token, app_id: self.app_id },
            heroku_apps: self.heroku_apps,
            opportunities: self.opportunities,
            lines: self.lines,
            costs: Costs {
                call_ms: self.call_ms,
                row_us: self.row_us,
                max_concurrent: self.max_concurrent,
                daily_limit: self.daily_limit,
                bulk_delay_ms: self.bulk_delay_ms,
            },
            newest_api_version: self.newest_api_version,
            allowed_hosts: self.allowed_hosts,
            dashboard: self.dashboard_url,
            certificate: self.tls_cert_out,
            announce: true,
        })
    }
}
