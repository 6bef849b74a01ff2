//! Settings of the process.

use shared::config::{Bind, ConfigError, Settings, TelemetryConfig};
use shared::jobs::JobsConfig;
use shared::salesforce::AllowedHosts;

/// Settings of `org-job-web`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `WEB_THREADS` | 1 | server threads |
///
/// and those of [`Bind`], [`TelemetryConfig`], [`JobsConfig::read`] and [`AllowedHosts::read`].
pub struct Config {
    /// Address.
    pub bind: Bind,
    /// Logs.
    pub telemetry: TelemetryConfig,
    /// Redis.
    pub jobs: JobsConfig,
    /// Orgs that may be named in a client context, and callback hosts.
    pub hosts: AllowedHosts,
    /// Server threads.
    pub threads: usize,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let bind = Bind::read(&mut reader);
        let telemetry = TelemetryConfig::read(&mut reader);
        let jobs = JobsConfig::read(&mut reader, "{org-job}:");
        let hosts = AllowedHosts::read(&mut reader);
        let threads = reader.bounded("WEB_THREADS", 1, 1..=64);
        reader.finish()?;
        Ok(Self { bind, telemetry, jobs, hosts, threads })
    }
}
