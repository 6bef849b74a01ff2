//! local-org as a process.

use std::ops::Deref;
use std::path::PathBuf;

use anyhow::Result;

use crate::{Control, Costs, ProcessOptions, Service, ServiceSpec, workspace_root};

/// What identifies local-org's AppLink add-on and the app it is attached to: local-org's own defaults.
const ADDON_ID: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const ADDON_TOKEN: &str = "local-addon-token";
const APP_ID: &str = "00000000-0000-4000-8000-000000000001";

/// How to run a [`LocalOrg`]. The default is: in memory, no sample records, no costs, a free port.
#[derive(Debug, Clone, Default)]
pub struct LocalOrgOptions {
    /// Port; 0 for a free one. A fixed one ([`crate::free_port`]) stays the same over restarts.
    pub port: u16,
    /// Where databases are kept; in memory when absent.
    pub db: Option<PathBuf>,
    /// What calls cost from the start; changeable with [`Control::set_costs`].
    pub costs: Costs,
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
        let service = spec(&options)?.start().await?;
        let control = Control::new(service.url()?)?;
        Ok(Self { service, control })
    }

    /// Its address, which is also the instance URL of its orgs.
    ///
    /// # Errors
    /// When its ready line had none.
    pub fn url(&self) -> Result<String> {
        self.service.url()
    }

    /// `127.0.0.1:PORT`, for `ALLOWED_ORG_HOSTS`.
    ///
    /// # Errors
    /// When its ready line had no address.
    pub fn host(&self) -> Result<String> {
        Ok(self.url()?.trim_start_matches("http://").to_owned())
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

    /// The process.
    pub fn service(&mut self) -> &mut Service {
        &mut self.service
    }

    /// Starts it again, after killing it if it still runs. Without [`LocalOrgOptions::db`] all records are gone.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self) -> Result<()> {
        self.service.restart().await?;
        self.control = Control::new(self.service.url()?)?;
        Ok(())
    }
}

impl Deref for LocalOrg {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

fn spec(options: &LocalOrgOptions) -> Result<ServiceSpec> {
    let mut spec = ServiceSpec::new("local-org")?
        .ready("listening on http://")
        .process(options.process.clone())
        .arg("--port")
        .arg(options.port)
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
    if let Some(dir) = &options.db {
        spec = spec.arg("--db").arg(dir.display());
    }
    if let Some(limit) = options.costs.max_concurrent {
        spec = spec.arg("--max-concurrent").arg(limit);
    }
    if let Some(limit) = options.costs.daily_limit {
        spec = spec.arg("--daily-limit").arg(limit);
    }
    Ok(spec)
}
