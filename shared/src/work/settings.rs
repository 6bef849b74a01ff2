//! The settings that every worker has.

use crate::config::{Reader, TelemetryConfig, Token, hosts, queue};
use crate::jobs::{JobsConfig, WorkerSettings};
use crate::salesforce::AllowedHosts;
use crate::telemetry::{ProcessMemory, metrics_handle};
use std::net::SocketAddr;
use std::time::Duration;

/// Settings of a worker process, whatever kinds of jobs it runs.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `WORKER_CONCURRENCY` | 4 | chunks in flight |
/// | `WORKER_NAME` | `DYNO`, or the process id | name in a job's counts per worker |
/// | `API_LIMIT_PAUSE_SECONDS` | 60 | rest of an org's jobs after `REQUEST_LIMIT_EXCEEDED` |
/// | `CALLBACK_TIMEOUT_SECONDS` | 30 | longest wait for the answer of a callback URL |
/// | `WORKER_METRICS_ADDRESS` | | where the worker answers `/metrics` itself, such as `127.0.0.1:9464`; its web process and the dashboard tell its figures anyway |
/// | `METRICS_TOKEN` | | what it asks for there as `Authorization: Bearer` |
///
/// and those of [`TelemetryConfig`], [`queue::read`] and [`hosts::read`].
pub struct WorkSettings {
    /// Logs.
    pub telemetry: TelemetryConfig,
    /// Redis.
    pub jobs: JobsConfig,
    /// Orgs that may be called, and callback hosts.
    pub hosts: AllowedHosts,
    /// The worker loop.
    pub worker: WorkerSettings,
    /// Rest of an org's jobs after its API limit.
    pub limit_pause: Duration,
    /// Longest wait for the answer of a callback URL.
    pub callback_timeout: Duration,
    /// Where the worker answers `/metrics` itself, and the token that it asks for.
    pub metrics: Option<(SocketAddr, Option<Token>)>,
}

impl WorkSettings {
    /// Reads the settings; `prefix` is the service's own start of all Redis keys, such as `{org-job}:`.
    pub fn read(reader: &mut Reader<'_>, prefix: &str) -> Self {
        let telemetry = TelemetryConfig::read(reader);
        let jobs = queue::read(reader, prefix);
        let hosts = hosts::read(reader);
        let name = reader
            .optional_value("WORKER_NAME")
            .or_else(|| reader.optional_value("DYNO"))
            .unwrap_or_else(|| format!("worker-{}", std::process::id()));
        let concurrency = reader.bounded("WORKER_CONCURRENCY", 4, 1..=256);
        let limit_pause = reader.seconds("API_LIMIT_PAUSE_SECONDS", Duration::from_secs(60), 1..=86_400);
        let callback_timeout = reader.seconds("CALLBACK_TIMEOUT_SECONDS", Duration::from_secs(30), 1..=120);
        let address = reader.optional_value::<SocketAddr>("WORKER_METRICS_ADDRESS");
        let token = Token::read(reader, "METRICS_TOKEN");
        let memory = || ProcessMemory::now().map(|memory| memory.resident_bytes);
        let figures = || Some(metrics_handle().render());
        let worker = WorkerSettings { name, concurrency, memory, figures, ..WorkerSettings::default() };
        let metrics = address.map(|address| (address, token));
        Self { telemetry, jobs, hosts, worker, limit_pause, callback_timeout, metrics }
    }
}
