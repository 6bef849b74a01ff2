//! The settings that every web process with jobs has.

use crate::config::{Bind, Reader, TelemetryConfig};
use crate::jobs::JobsConfig;
use crate::salesforce::AllowedHosts;
use crate::web::jobs::JobAccessSettings;

/// Settings of a web process that starts jobs.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `WEB_THREADS` | 1 | server threads |
///
/// and those of [`Bind`], [`TelemetryConfig`], [`JobsConfig::read`], [`AllowedHosts::read`] and [`JobAccessSettings::read`].
pub struct WebConfig {
    /// Address.
    pub bind: Bind,
    /// Logs.
    pub telemetry: TelemetryConfig,
    /// Redis.
    pub jobs: JobsConfig,
    /// Orgs that may be named in a client context, and callback hosts.
    pub hosts: AllowedHosts,
    /// Who may see and steer jobs, where users of an org start them.
    pub access: JobAccessSettings,
    /// Server threads.
    pub threads: usize,
}

impl WebConfig {
    /// Reads the settings; `prefix` is the service's own start of all Redis keys, such as `{org-job}:`.
    pub fn read(reader: &mut Reader<'_>, prefix: &str) -> Self {
        let bind = Bind::read(reader);
        let telemetry = TelemetryConfig::read(reader);
        let jobs = JobsConfig::read(reader, prefix);
        let hosts = AllowedHosts::read(reader);
        let access = JobAccessSettings::read(reader);
        let threads = reader.bounded("WEB_THREADS", 1, 1..=64);
        Self { bind, telemetry, jobs, hosts, access, threads }
    }
}
