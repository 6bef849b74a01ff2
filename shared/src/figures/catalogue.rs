//! The names of all metrics. They are an interface: dashboards and alerts are written against them.

use std::fmt;

use MetricKind::{Counter, Gauge, Histogram};
use Teller::{Eventing, Process, Queue, Web, Worker};

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name; a histogram has three series, with `_bucket`, `_sum` and `_count` behind it.
    pub name: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// Its labels, but for `le`, and for `queue` and `worker`, which the figures of a worker have besides.
    pub labels: &'static [&'static str],
    /// Who tells it.
    pub teller: Teller,
    /// What it says.
    pub help: &'static str,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, but for a restart.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// Who tells a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// Every process, of itself.
    Process,
    /// Web processes, of themselves.
    Web,
    /// Workers, of themselves.
    Worker,
    /// `eventing-web`, of itself.
    Eventing,
    /// Whoever reads the queue, the same of all: a truth of Redis and not of a process.
    Queue,
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

impl fmt::Display for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Process => "every process",
            Self::Web => "web processes",
            Self::Worker => "workers",
            Self::Eventing => "eventing-web",
            Self::Queue => "the queue",
        })
    }
}

const fn metric(
    name: &'static str,
    kind: MetricKind,
    labels: &'static [&'static str],
    teller: Teller,
    help: &'static str,
) -> Metric {
    Metric { name, kind, labels, teller, help }
}

/// All metrics, by who tells them.
pub const METRICS: &[Metric] = &[
    metric("process_resident_memory_bytes", Gauge, &[], Process, "Resident memory now."),
    metric("process_peak_resident_memory_bytes", Gauge, &[], Process, "The most memory that was ever resident."),
    metric("process_start_time_seconds", Gauge, &[], Process, "When the process started, in seconds since 1970."),
    metric(
        "salesforce_calls_total",
        Counter,
        &["operation", "outcome"],
        Process,
        "HTTP exchanges with Salesforce. `outcome` is ok, or why it failed: transient, row_locked, silent, limit_exceeded, session_expired, not_found, invalid, forbidden, malformed.",
    ),
    metric(
        "salesforce_call_duration_seconds",
        Histogram,
        &["operation"],
        Process,
        "How long an exchange with Salesforce took, whatever its outcome.",
    ),
    metric(
        "salesforce_api_calls_used",
        Gauge,
        &["org"],
        Process,
        "API calls that the org has used in 24 hours, as its last answer told (`Sforce-Limit-Info`); of the first hundred orgs that a process calls.",
    ),
    metric("salesforce_api_calls_limit", Gauge, &["org"], Process, "API calls that the org may use in 24 hours."),
    metric(
        "http_request_duration_seconds",
        Histogram,
        &["method", "route", "status"],
        Web,
        "How long requests took until the head of their answer. `route` is the pattern, never a path.",
    ),
    metric(
        "http_connections_refused_total",
        Counter,
        &[],
        Web,
        "Connections that were answered 503 because `MAX_CONNECTIONS` were taken.",
    ),
    metric(
        "jobs_tasks_claimed_total",
        Counter,
        &["kind", "task"],
        Worker,
        "Tasks that the worker took. `task` is plan, chunk or finish.",
    ),
    metric(
        "jobs_tasks_ended_total",
        Counter,
        &["kind", "task", "how"],
        Worker,
        "Runs of tasks that ended. `how` is acked (done), retried, dead (given up), released, paused, silent, held or lost.",
    ),
    metric(
        "jobs_task_duration_seconds",
        Histogram,
        &["kind", "task"],
        Worker,
        "How long runs of tasks took, whatever became of them.",
    ),
    metric(
        "jobs_tasks_reclaimed_total",
        Counter,
        &[],
        Worker,
        "Tasks that the worker took back from workers that gave no sign of life.",
    ),
    metric(
        "jobs_redis_errors_total",
        Counter,
        &["call"],
        Worker,
        "Calls of Redis that failed, of the worker's own upkeep.",
    ),
    metric(
        "jobs_progress_events_total",
        Counter,
        &["result"],
        Worker,
        "Events `JobProgress__e` of org-job: published or failed.",
    ),
    metric(
        "eventing_events_total",
        Counter,
        &["source", "outcome"],
        Eventing,
        "Change events. `outcome` is taken, or why the event was passed over.",
    ),
    metric("eventing_jobs_total", Counter, &[], Eventing, "Jobs that the process made of transactions."),
    metric("eventing_subscriber", Gauge, &[], Eventing, "1 while this process holds the subscription."),
    metric(
        "eventing_positions_lost_total",
        Counter,
        &[],
        Eventing,
        "How often the place in the event bus was lost, so that the subscription began at the oldest event.",
    ),
    metric(
        "jobs_queue_readable",
        Gauge,
        &["queue"],
        Queue,
        "1 when Redis told what follows, 0 when it did not answer.",
    ),
    metric("jobs_open", Gauge, &["queue"], Queue, "Jobs that have not ended."),
    metric("jobs_in_state", Gauge, &["queue", "state"], Queue, "Jobs that have not ended, by state."),
    metric("jobs_tasks_ready", Gauge, &["queue"], Queue, "Tasks that wait for a worker: the depth of the queue."),
    metric(
        "jobs_tasks_delayed",
        Gauge,
        &["queue"],
        Queue,
        "Tasks that wait for their time, after a failure as a rule.",
    ),
    metric("jobs_tasks_leased", Gauge, &["queue"], Queue, "Tasks that a worker has."),
    metric(
        "jobs_oldest_task_age_seconds",
        Gauge,
        &["queue"],
        Queue,
        "For how long the job whose turn is the longest away has waited with something ready; 0 when nothing waits.",
    ),
    metric("jobs_dead_letters", Gauge, &["queue"], Queue, "Dead letters of the hundred jobs that got one last."),
    metric("jobs_workers", Gauge, &["queue"], Queue, "Workers that live, 200 at most."),
    metric("jobs_worker_slots", Gauge, &["queue", "worker"], Queue, "Tasks that the worker runs at a time."),
    metric("jobs_worker_tasks", Gauge, &["queue", "worker"], Queue, "Tasks that the worker runs."),
    metric("jobs_orgs_paused", Gauge, &["queue"], Queue, "Orgs whose tasks rest."),
    metric("jobs_orgs_silent", Gauge, &["queue"], Queue, "Orgs that do not answer."),
    metric(
        "jobs_orgs_at_limit",
        Gauge,
        &["queue"],
        Queue,
        "Orgs that have as many calls under way as they may (`ORG_CONCURRENCY`), while more waits.",
    ),
    metric(
        "jobs_org_paused_seconds",
        Gauge,
        &["queue", "org"],
        Queue,
        "For how long the org's tasks have rested, of 25 orgs at most; absent for others.",
    ),
    metric(
        "jobs_org_silent_seconds",
        Gauge,
        &["queue", "org"],
        Queue,
        "For how long the org has not answered, of 25 orgs at most; absent for others.",
    ),
    metric("jobs_created_total", Counter, &["queue"], Queue, "Jobs that were created."),
    metric(
        "jobs_ended_total",
        Counter,
        &["queue", "state"],
        Queue,
        "Jobs that ended, once per run. `state` is completed, cancelled or failed.",
    ),
    metric("jobs_records_processed_total", Counter, &["queue"], Queue, "Records dealt with."),
    metric(
        "jobs_records_failed_total",
        Counter,
        &["queue"],
        Queue,
        "Records that failed, those of chunks that were given up among them.",
    ),
    metric("jobs_chunks_done_total", Counter, &["queue"], Queue, "Chunks that ran to their end."),
    metric("jobs_tasks_retried_total", Counter, &["queue"], Queue, "Tasks that failed and were tried again."),
    metric("jobs_tasks_dead_total", Counter, &["queue"], Queue, "Tasks that were given up: new dead letters."),
    metric("jobs_tasks_lost_total", Counter, &["queue"], Queue, "Tasks whose worker was lost."),
];

impl Metric {
    /// The metric of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// The metric that a series belongs to: of a histogram, three do.
    #[must_use]
    pub fn of_series(series: &str) -> Option<&'static Self> {
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|end| series.strip_suffix(end));
        let histogram = |name| Self::named(name).filter(|metric| metric.kind == Histogram);
        Self::named(series).filter(|metric| metric.kind != Histogram).or_else(|| parts.filter_map(histogram).next())
    }
}

/// The table of docs/metrics.md.
#[must_use]
pub fn table() -> String {
    let mut table = "| name | type | labels | told by | meaning |\n|---|---|---|---|---|\n".to_owned();
    for Metric { name, kind, labels, teller, help } in METRICS {
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        table.push_str(&format!("| `{name}` | {kind} | {labels} | {teller} | {help} |\n"));
    }
    table
}
