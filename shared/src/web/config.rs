//! The settings that every web process with jobs has.

use super::server::ServerSettings;
use crate::config::{Bind, Callers, Reader, TelemetryConfig};
use crate::jobs::JobsConfig;
use crate::salesforce::AllowedHosts;
use crate::web::jobs::{JobAccessSettings, StreamLimits};

/// Settings of a web process that starts jobs.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `MAX_EVENT_STREAMS` | 500 | streams of job events that the process serves at a time |
/// | `MAX_EVENT_STREAMS_PER_ORG` | 50 | of them, to one org |
///
/// and those of [`Bind`], [`ServerSettings::read`], [`TelemetryConfig`], [`JobsConfig::read`], [`AllowedHosts::read`] and
/// [`JobAccessSettings::read`].
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
    /// Threads and limits of the server.
    pub server: ServerSettings,
    /// Streams of job events.
    pub streams: StreamLimits,
}

impl WebConfig {
    /// Reads the settings; `prefix` is the service's own start of all Redis keys, such as `{org-job}:`, and `callers` says
    /// how it knows who is calling.
    pub fn read(reader: &mut Reader<'_>, prefix: &str, callers: Callers) -> Self {
        let bind = Bind::read(reader, callers);
        let telemetry = TelemetryConfig::read(reader);
        let jobs = JobsConfig::read(reader, prefix);
        let hosts = AllowedHosts::read(reader);
        let access = JobAccessSettings::read(reader);
        let server = ServerSettings::read(reader);
        let defaults = StreamLimits::default();
        let streams = StreamLimits {
            all: reader.bounded("MAX_EVENT_STREAMS", defaults.all, 1..=100_000),
            per_org: reader.bounded("MAX_EVENT_STREAMS_PER_ORG", defaults.per_org, 1..=100_000),
        };
        Self { bind, telemetry, jobs, hosts, access, server, streams }
    }
}
