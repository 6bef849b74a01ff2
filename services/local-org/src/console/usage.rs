//! API calls, Bulk API jobs, and streams of the Pub/Sub API.

use serde_json::Value;

use super::text::{Extent, Moment, grouped};
use crate::counters::Counts;
use crate::host::{Host, OrgHost};
use crate::http::limits::UNLIMITED;

/// Bulk API jobs on a page.
const SHOWN: usize = 10;

/// The calls of one org.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) total: String,
    pub(super) limit: String,
    pub(super) concurrent: String,
    /// At most at the same time, and how many would be allowed.
    pub(super) concurrent_max: String,
    pub(super) rows_read: String,
    pub(super) rows_written: String,
    /// Operations with their calls, the most frequent first.
    pub(super) operations: Vec<(&'static str, String)>,
}

/// The Bulk API jobs of one org.
#[derive(Debug)]
pub(super) struct BulkJobs {
    pub(super) extent: Extent,
    pub(super) rows: Vec<BulkJob>,
}

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BulkJob {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) processed: String,
    /// How many of the rows failed, if any did.
    pub(super) failed: Option<String>,
}

/// The Pub/Sub API of one org.
#[derive(Debug)]
pub(super) struct PubSub {
    /// Events that were delivered today, and how many may be.
    pub(super) delivered: String,
    pub(super) streams: Vec<Stream>,
}

/// An open stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) rpc: &'static str,
    pub(super) topic: String,
    pub(super) username: String,
    pub(super) since: Moment,
    pub(super) pending: String,
    pub(super) events: String,
    pub(super) position: String,
    pub(super) silent: bool,
}

/// `17 of 5,000,000`: what clients are told in `Sforce-Limit-Info`.
pub(super) fn limit(host: &Host) -> u64 {
    host.costs.get().daily_limit.unwrap_or(UNLIMITED)
}

impl Calls {
    pub(super) fn of(host: &Host, org: &OrgHost) -> Self {
        let Counts { calls, rows, concurrent } = org.counters.snapshot();
        let mut operations: Vec<_> = calls.by_operation.into_iter().collect();
        operations.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let allowed = host.costs.get().max_concurrent;
        Self {
            total: grouped(calls.total),
            limit: grouped(limit(host)),
            concurrent: grouped(concurrent.now),
            concurrent_max: of_at_most(concurrent.max, allowed),
            rows_read: grouped(rows.read),
            rows_written: grouped(rows.written),
            operations: operations.into_iter().map(|(name, count)| (name, grouped(count))).collect(),
        }
    }
}

impl BulkJobs {
    pub(super) fn of(org: &OrgHost) -> Self {
        let (jobs, total) = org.jobs.newest(SHOWN);
        Self {
            extent: Extent::newest(jobs.len(), total),
            rows: jobs.iter().map(|job| BulkJob::of(&job.info())).collect(),
        }
    }
}

impl BulkJob {
    /// The job of what clients are told about it.
    fn of(info: &Value) -> Self {
        let text = |name: &str| info.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| info.get(name).and_then(Value::as_u64).unwrap_or_default();
        let failed = number("numberRecordsFailed");
        let tone = match text("state") {
            "JobComplete" if failed > 0 => "warn",
            "JobComplete" => "good",
            "Failed" => "bad",
            "Aborted" => "quiet",
            _ => "busy",
        };
        Self {
            id: text("id").to_owned(),
            what: format!("{} {}", text("operation"), text("object")),
            state: text("state").to_owned(),
            tone,
            processed: grouped(number("numberRecordsProcessed")),
            failed: (failed > 0).then(|| format!("{} failed", grouped(failed))),
        }
    }
}

impl PubSub {
    pub(super) fn of(org: &OrgHost) -> Self {
        let (delivered, allowed) = org.pubsub.deliveries();
        let streams = org.pubsub.open_streams().into_iter().map(|stream| Stream {
            rpc: stream.rpc,
            topic: stream.topic.unwrap_or_default(),
            username: stream.username,
            since: stream.since.into(),
            pending: grouped(stream.pending.into()),
            events: grouped(stream.events),
            position: stream.position.map(|position| position.number().to_string()).unwrap_or_default(),
            silent: stream.silent,
        });
        Self { delivered: of_at_most(delivered, allowed), streams: streams.collect() }
    }
}

fn of_at_most(number: u64, limit: Option<u64>) -> String {
    match limit {
        Some(limit) => format!("{} of {}", grouped(number), grouped(limit)),
        None => grouped(number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_with_failures_is_told_from_one_without() {
        let info = |failed| {
            json!({"id": "750", "operation": "insert", "object": "Quote", "state": "JobComplete",
            "numberRecordsProcessed": 1200, "numberRecordsFailed": failed})
        };
        let job = BulkJob::of(&info(0));
        assert_eq!((job.what.as_str(), job.tone, job.processed.as_str()), ("insert Quote", "good", "1,200"));
        let job = BulkJob::of(&info(1_000));
        assert_eq!((job.tone, job.failed.as_deref()), ("warn", Some("1,000 failed")));
        assert_eq!(BulkJob::of(&json!({"state": "InProgress"})).tone, "busy");
    }

    #[test]
    fn limits_are_told_where_there_are_some() {
        assert_eq!((of_at_most(1_000, Some(25)), of_at_most(3, None)), ("1,000 of 25".to_owned(), "3".to_owned()));
    }
}
