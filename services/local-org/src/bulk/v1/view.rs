//! What callers are told about jobs and batches, in the order of `JobInfo` and `BatchInfo`, which generated clients insist
//! on.

use serde_json::{Value, json};

use super::batch::failed_query;
use super::spec::Task;
use super::{Batch, Job};
use crate::bulk::job::{Numbers, Work};

impl Job {
    /// `JobInfo`.
    pub(crate) fn info(&self) -> Value {
        let progress = self.progress();
        let (operation, object, key) = match &self.spec.task {
            Task::Load(spec) => (spec.operation.name(), &spec.object, spec.external_id.as_deref()),
            Task::Query { object, deleted } => (if *deleted { "queryAll" } else { "query" }, object, None),
        };
        let mut info = json!({
            "id": self.id,
            "operation": operation,
            "object": object,
            "createdById": self.creator.user_id,
            "createdDate": self.created,
            "systemModstamp": progress.changed,
            "state": format!("{:?}", progress.state),
        });
        if let Some(key) = key {
            info["externalIdFieldName"] = json!(key);
        }
        info["concurrencyMode"] = json!(format!("{:?}", self.spec.concurrency));
        info["contentType"] = json!(self.spec.content_type.name());
        let in_state = |state: &str| progress.batches.iter().filter(|batch| batch.state() == state).count();
        info["numberBatchesQueued"] = json!(in_state("Queued"));
        info["numberBatchesInProgress"] = json!(in_state("InProgress"));
        info["numberBatchesCompleted"] = json!(in_state("Completed"));
        info["numberBatchesFailed"] = json!(in_state("Failed"));
        info["numberBatchesTotal"] = json!(progress.batches.len());
        let sum = progress.batches.iter().fold(Numbers::default(), |sum, batch| sum.and(&batch.run.numbers()));
        info["numberRecordsProcessed"] = json!(sum.processed);
        info["numberRetries"] = json!(0);
        info["apiVersion"] = json!(self.creator.api_version.parse::<f64>().unwrap_or_default());
        if let Task::Load(spec) = &self.spec.task
            && let Some(rule) = &spec.assignment_rule_id
        {
            info["assignmentRuleId"] = json!(rule);
        }
        info["numberRecordsFailed"] = json!(sum.failed);
        info["totalProcessingTime"] = json!(sum.total);
        info["apiActiveProcessingTime"] = json!(sum.active);
        info["apexProcessingTime"] = json!(0);
        info
    }
}

impl Batch {
    /// `BatchInfo` of a batch of the job of that id.
    pub(crate) fn info(&self, job: &str) -> Value {
        let (created, changed) = self.run.times();
        let mut info = json!({"id": self.id(), "jobId": job, "state": self.state()});
        if let Some(message) = self.state_message() {
            info["stateMessage"] = json!(message);
        }
        let numbers = self.run.numbers();
        info["createdDate"] = json!(created);
        info["systemModstamp"] = json!(changed);
        info["numberRecordsProcessed"] = json!(numbers.processed);
        info["numberRecordsFailed"] = json!(numbers.failed);
        info["totalProcessingTime"] = json!(numbers.total);
        info["apiActiveProcessingTime"] = json!(numbers.active);
        info["apexProcessingTime"] = json!(0);
        info
    }

    /// Why the batch failed.
    fn state_message(&self) -> Option<String> {
        let error = self.run.error()?;
        let of_query = matches!(self.run.work, Work::Query(_)) && !error.starts_with("Invalid");
        Some(match error.split_once(" : ").filter(|_| of_query) {
            Some((code, message)) => failed_query(code, message),
            None => error,
        })
    }
}
