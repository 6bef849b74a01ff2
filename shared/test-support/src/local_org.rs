//! local-org as a process.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::control::Endpoints;
use crate::service::url_in;
use crate::{Control, Costs, Log, ProcessOptions, Service, ServiceSpec, workspace_root};

/// What identifies local-org's AppLink add-on and the app it is attached to: local-org's own defaults.
const ADDON_ID: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const ADDON_TOKEN: &str = "local-addon-token";
const APP_ID: &str = "00000000-0000-4000-8000-000000000001";

/// Name of the certificate's file.
const CERTIFICATE: &str = "certificate.pem";

/// How long the https line may come after the ready line; both are printed at once.
const HTTPS_LIMIT: Duration = Duration::from_secs(10);
const NO_HTTPS: &str = "local-org was started without https";

/// How to run a [`LocalOrg`]. The default is: in memory, no sample records, no costs, a free port.
#[derive(Debug, Clone, Default)]
pub struct LocalOrgOptions {
    /// Port; 0 for a free one. A fixed one ([`crate::free_port`]) stays the same over restarts.
    pub port: u16,
    /// Port of the Pub/Sub API; 0 for a free one.
    pub pubsub_port: u16,
    /// Where databases are kept; in memory when absent.
    pub db: Option<PathBuf>,
    /// What calls cost from the start; changeable with [`Control::set_costs`].
    pub costs: Costs,
    /// Whether it speaks https as well, on a free port.
    pub https: bool,
    /// Address of the dashboard, to which the console's Quotes lead.
    pub dashboard: Option<String>,
    /// Log and process group.
    pub process: ProcessOptions,
}

/// A running local-org with the default orgs (`my-org`, `my-org-sales-a`, `empty-org`); killed when dropped.
///
/// It dereferences to its [`Control`] client: `local_org.seed("my-org", 100, 2)`.
#[derive(Debug)]
pub struct LocalOrg {
    service: Service,
    control: Control,
    https: Option<String>,
    endpoints: Endpoints,
    certificate: TempDir,
}

impl LocalOrg {
    /// Starts it with the metadata in this workspace's `salesforce/`.
    ///
    /// # Errors
    /// When it has not been built, or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(LocalOrgOptions::default()).await
    }

    /// Starts it with these options.
    ///
    /// # Errors
    /// When it has not been built, or does not start.
    pub async fn start_with(options: LocalOrgOptions) -> Result<Self> {
        let certificate = tempfile::tempdir().context("cannot make a folder for the certificate")?;
        let position = options.process.log.as_ref().map_or(0, Log::position);
        let service = spec(&options, &certificate.path().join(CERTIFICATE))?.start().await?;
        let control = Control::new(service.url()?)?;
        let endpoints = control.endpoints().await?;
        let mut local_org = Self { service, control, https: None, endpoints, certificate };
        if options.https {
            local_org.https = Some(local_org.read_https_url(position).await?);
        }
        Ok(local_org)
    }

    /// Its address, which is also the instance URL of its orgs.
    ///
    /// # Errors
    /// When its ready line had none.
    pub fn url(&self) -> Result<String> {
        self.service.url()
    }

    /// Its https address.
    ///
    /// # Errors
    /// When it was started without [`LocalOrgOptions::https`].
    pub fn https_url(&self) -> Result<String> {
        self.https.clone().context(NO_HTTPS)
    }

    /// `127.0.0.1:PORT`, for `ALLOWED_ORG_HOSTS`.
    ///
    /// # Errors
    /// When its ready line had no address.
    pub fn host(&self) -> Result<String> {
        Ok(self.url()?.trim_start_matches("http://").to_owned())
    }

    /// Address of its Pub/Sub API in clear text, `http://127.0.0.1:PORT`.
    ///
    /// # Errors
    /// When it has none.
    pub fn pubsub_url(&self) -> Result<String> {
        let address = self.endpoints.pubsub.as_ref().context("local-org serves no Pub/Sub API")?;
        Ok(format!("http://{address}"))
    }

    /// Address of its Pub/Sub API with TLS, `127.0.0.1:PORT`. Its certificate is for `localhost`, too.
    ///
    /// # Errors
    /// When it has none.
    pub fn pubsub_tls_address(&self) -> Result<String> {
        self.endpoints.pubsub_tls.clone().context("local-org serves no Pub/Sub API with TLS")
    }

    /// The file with the self-signed certificate of its ports with TLS, in PEM form, for clients to trust; new with
    /// each start.
    pub fn certificate(&self) -> PathBuf {
        self.certificate.path().join(CERTIFICATE)
    }

    /// The variables with which a service finds local-org's AppLink add-on, as an attachment of the real one sets them.
    ///
    /// # Errors
    /// When its ready line had no address.
    pub fn applink_env(&self) -> Result<[(&'static str, String); 3]> {
        Ok([
            ("HEROKU_APPLINK_API_URL", format!("{}/addons/{ADDON_ID}", self.url()?)),
            ("HEROKU_APPLINK_TOKEN", ADDON_TOKEN.to_owned()),
            ("HEROKU_APP_ID", APP_ID.to_owned()),
        ])
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.service.pid()
    }

    /// The process.
    pub fn service(&mut self) -> &mut Service {
        &mut self.service
    }

    /// Starts it again, after killing it if it still runs. Without [`LocalOrgOptions::db`] all records are gone.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self) -> Result<()> {
        let position = self.service.log().position();
        self.service.restart().await?;
        self.control = Control::new(self.service.url()?)?;
        self.endpoints = self.control.endpoints().await?;
        if self.https.is_some() {
            self.https = Some(self.read_https_url(position).await?);
        }
        Ok(())
    }

    /// The address in the line after the ready line.
    async fn read_https_url(&mut self, position: u64) -> Result<String> {
        let process = self.service.process();
        let line = process.wait_for_line("listening on https://", position, HTTPS_LIMIT).await?;
        url_in(&line).with_context(|| format!("no address in the line of local-org: {line}"))
    }
}

impl Deref for LocalOrg {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

fn spec(options: &LocalOrgOptions, certificate: &Path) -> Result<ServiceSpec> {
    let mut spec = ServiceSpec::new("local-org")?
        .ready("listening on http://")
        .process(options.process.clone())
        .arg("--port")
        .arg(options.port)
        .arg("--pubsub-port")
        .arg(options.pubsub_port)
        .arg("--pubsub-tls-port")
        .arg(0)
        .arg("--tls-cert-out")
        .arg(certificate.display())
        .arg("--salesforce-dir")
        .arg(workspace_root()?.join("salesforce").display())
        .arg("--call-ms")
        .arg(options.costs.call_ms)
        .arg("--row-us")
        .arg(options.costs.row_us)
        .arg("--addon-id")
        .arg(ADDON_ID)
        .arg("--addon-token")
        .arg(ADDON_TOKEN)
        .arg("--app-id")
        .arg(APP_ID);
    if options.https {
        spec = spec.arg("--tls-port").arg(0);
    }
    if let Some(dir) = &options.db {
        spec = spec.arg("--db").arg(dir.display());
    }
    if let Some(dashboard) = &options.dashboard {
        spec = spec.arg("--dashboard-url").arg(dashboard);
    }
    if let Some(limit) = options.costs.max_concurrent {
        spec = spec.arg("--max-concurrent").arg(limit);
    }
    if let Some(limit) = options.costs.daily_limit {
        spec = spec.arg("--daily-limit").arg(limit);
    }
    Ok(spec)
}

#[cfg(test)]
mod tests;
