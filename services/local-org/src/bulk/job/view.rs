//! What the caller of a job is told about it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{IngestSpec, Job, Numbers, Progress, State, Work};

impl Job {
    /// The job as the requests that create and change it, and the list, tell it.
    pub(crate) fn summary(&self) -> Value {
        let progress = self.progress();
        self.describe(&progress)
    }

    /// Its numbers.
    pub(crate) fn numbers(&self) -> Numbers {
        self.progress().numbers()
    }

    /// When it was created and when it last changed.
    pub(crate) fn times(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.created, self.progress().changed)
    }

    /// Why it failed.
    pub(crate) fn error(&self) -> Option<String> {
        self.progress().error.clone()
    }

    /// The job with its numbers.
    pub(crate) fn info(&self) -> Value {
        let progress = self.progress();
        let mut info = self.describe(&progress);
        let numbers = progress.numbers();
        info["numberRecordsProcessed"] = json!(numbers.processed);
        let is_ingest = matches!(self.work, Work::Ingest(_));
        if is_ingest {
            info["numberRecordsFailed"] = json!(numbers.failed);
        }
        info["retries"] = json!(0);
        info["totalProcessingTime"] = json!(numbers.total);
        if is_ingest {
            info["apiActiveProcessingTime"] = json!(numbers.active);
            info["apexProcessingTime"] = json!(0);
        }
        if let Some(error) = &progress.error {
            info["errorMessage"] = json!(error);
        }
        info
    }

    fn describe(&self, progress: &Progress) -> Value {
        let version = &self.creator.api_version;
        let (operation, object, kind) = match &self.work {
            Work::Ingest(spec) => (spec.operation.name(), &spec.object, "V2Ingest"),
            Work::Query(query) if query.spec.deleted => ("queryAll", &query.object, "V2Query"),
            Work::Query(query) => ("query", &query.object, "V2Query"),
        };
        let mut job = json!({
            "id": self.id,
            "operation": operation,
            "object": object,
            "createdById": self.creator.user_id,
            "createdDate": stamp(self.created),
            "systemModstamp": stamp(progress.changed),
            "state": progress.state.to_string(),
        });
        if let Work::Ingest(IngestSpec { external_id: Some(field), .. }) = &self.work {
            job["externalIdFieldName"] = json!(field);
        }
        job["concurrencyMode"] = json!("Parallel");
        job["contentType"] = json!("CSV");
        job["apiVersion"] = json!(version.parse::<f64>().unwrap_or_default());
        job["jobType"] = json!(kind);
        if progress.state == State::Open {
            job["contentUrl"] = json!(format!("services/data/v{version}/jobs/ingest/{}/batches", self.id));
        }
        let dialect = self.dialect();
        job["lineEnding"] = json!(dialect.ending);
        job["columnDelimiter"] = json!(dialect.delimiter);
        if let Work::Ingest(IngestSpec { assignment_rule_id: Some(rule), .. }) = &self.work {
            job["assignmentRuleId"] = json!(rule);
        }
        job
    }
}

impl Progress {
    fn numbers(&self) -> Numbers {
        let under_way = if self.running { self.began.map(|began| began.elapsed()) } else { None };
        Numbers {
            processed: self.processed,
            failed: self.failed,
            total: millis(under_way.unwrap_or(self.total)),
            active: millis(self.active),
        }
    }
}

impl Numbers {
    /// The sum of both.
    pub(crate) fn and(self, other: &Self) -> Self {
        Self {
            processed: self.processed + other.processed,
            failed: self.failed + other.failed,
            total: self.total + other.total,
            active: self.active + other.active,
        }
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
