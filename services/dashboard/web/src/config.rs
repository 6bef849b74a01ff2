//! Settings of the process.

use crate::names::{OrgUrls, QueueName};
use ::web::login::AccessSettings;
use ::web::server::ServerSettings;
use shared::config::{Bind, Callers, ConfigError, Settings, TelemetryConfig, hosts, queue};
use shared::jobs::JobsConfig;

/// Start of the dashboard's own keys: logouts.
const PREFIX: &str = "{dashboard}:";

/// The patterns whose jobs are shown where nothing else is said.
const PATTERNS: [&str; 4] = ["api-access", "eventing", "org-action", "org-job"];

/// Settings of `dashboard-web`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `DASHBOARD_QUEUES` | the four patterns | whose jobs are shown, a comma list: a pattern's name, or its `QUEUE_PREFIX` where that was set |
/// | `ORG_URLS` | | where records of an org are found, a comma list of `ORG=https://HOST`: failed records lead there |
///
/// and those of [`Bind`], [`TelemetryConfig`], [`queue::read`], [`hosts::read`],
/// [`ServerSettings::read`] and [`AccessSettings::read`].
/// `JOB_SECRET_KEY` is that of the patterns: several with commas where each has its own.
pub struct Config {
    /// Address.
    pub bind: Bind,
    /// Logs.
    pub telemetry: TelemetryConfig,
    pub(crate) jobs: JobsConfig,
    pub(crate) server: ServerSettings,
    pub(crate) access: AccessSettings,
    pub(crate) queues: Vec<QueueName>,
    pub(crate) orgs: OrgUrls,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let bind = Bind::read(&mut reader, Callers::Credential);
        let telemetry = TelemetryConfig::read(&mut reader);
        let jobs = queue::read(&mut reader, PREFIX);
        let server = ServerSettings::read(&mut reader);
        let access = AccessSettings::read(&mut reader, bind.address.ip(), "dashboard_session");
        let hosts = hosts::read(&mut reader);
        let mut names = reader.list("DASHBOARD_QUEUES");
        if names.is_empty() {
            names = PATTERNS.map(str::to_owned).to_vec();
        }
        let queues = QueueName::parse_all(&names).unwrap_or_else(|problem| {
            reader.problem("DASHBOARD_QUEUES", problem);
            Vec::new()
        });
        let orgs = OrgUrls::parse(&reader.list("ORG_URLS"), &hosts).unwrap_or_else(|problem| {
            reader.problem("ORG_URLS", problem);
            OrgUrls::default()
        });
        reader.finish()?;
        Ok(Self { bind, telemetry, jobs, server, access, queues, orgs })
    }
}
