//! The settings that every web process with jobs has.

use super::access::JobAccessSettings;
use crate::PlaceLimits;
use crate::server::ServerSettings;
use shared::config::{Bind, Callers, Reader, TelemetryConfig, hosts, queue};
use shared::jobs::JobsConfig;
use shared::salesforce::AllowedHosts;

/// Settings of a web process that starts jobs.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `MAX_EVENT_STREAMS` | 500 | streams of job events that the process serves at a time |
/// | `MAX_EVENT_STREAMS_PER_ORG` | 50 | of them, to one org |
/// | `MAX_WAITING_CALLS` | 200 | calls that wait for an org's answer at a time; further ones are refused with 429 |
/// | `MAX_WAITING_CALLS_PER_ORG` | 32 | of them, for one org; never more than a quarter of those that are free, and two for one that did not answer |
///
/// and those of [`Bind`], [`ServerSettings::read`], [`TelemetryConfig`], [`queue::read`], [`hosts::read`] and
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
    pub streams: PlaceLimits,
    /// Calls that wait for an org while their caller waits.
    pub calls: PlaceLimits,
}

impl WebConfig {
    /// Reads the settings; `prefix` is the service's own start of all Redis keys, such as `{org-job}:`, and `callers` says
    /// how it knows who is calling.
    pub fn read(reader: &mut Reader<'_>, prefix: &str, callers: Callers) -> Self {
        let bind = Bind::read(reader, callers);
        let telemetry = TelemetryConfig::read(reader);
        let jobs = queue::read(reader, prefix);
        let hosts = hosts::read(reader);
        let access = JobAccessSettings::read(reader);
        let server = ServerSettings::read(reader);
        let streams = PlaceLimits {
            all: reader.bounded("MAX_EVENT_STREAMS", 500, 1..=100_000),
            per_org: reader.bounded("MAX_EVENT_STREAMS_PER_ORG", 50, 1..=100_000),
        };
        let calls = PlaceLimits {
            all: reader.bounded("MAX_WAITING_CALLS", 200, 1..=100_000),
            per_org: reader.bounded("MAX_WAITING_CALLS_PER_ORG", 32, 1..=100_000),
        };
        Self { bind, telemetry, jobs, hosts, access, server, streams, calls }
    }
}
