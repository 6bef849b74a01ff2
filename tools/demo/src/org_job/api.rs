//! The part of org-job-web's HTTP API that the demo uses, called as Salesforce calls it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// A web process that does not answer within this time counts as not answering.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client in the name of one user.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: String,
    /// Value of `x-client-context`.
    context: String,
}

impl Api {
    pub(crate) fn new(base: String, context: String) -> Result<Self> {
        Ok(Self { http: test_support::http_client()?, base, context })
    }

    /// The same, with this client context.
    pub(crate) fn named(&self, context: String) -> Self {
        Self { context, ..self.clone() }
    }

    /// `executeBatch`: posts a job and answers its id.
    pub(crate) async fn execute_batch(&self, where_clause: &str) -> Result<String> {
        let request = self.http.post(format!("{}/api/executebatch", self.base));
        let body = json!({ "soqlWhereClause": where_clause });
        let accepted: Accepted = self.call(request.json(&body), StatusCode::ACCEPTED).await?;
        Ok(accepted.job_id)
    }

    /// `getJob`.
    pub(crate) async fn job(&self, id: &str) -> Result<JobView> {
        self.call(self.http.get(format!("{}/api/jobs/{id}", self.base)), StatusCode::OK).await
    }

    /// `listJobs`: the newest jobs of the user, newest first.
    pub(crate) async fn jobs(&self) -> Result<Vec<ListedJob>> {
        let request = self.http.get(format!("{}/api/jobs", self.base));
        let list: JobList = self.call(request, StatusCode::OK).await?;
        Ok(list.jobs)
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder, expected: StatusCode) -> Result<T> {
        let request = request.header("x-client-context", &self.context).timeout(TIMEOUT);
        let response = request.send().await.context("org-job-web did not answer")?;
        let status = response.status();
        let body = response.text().await.context("org-job-web's answer broke off")?;
        if status != expected {
            bail!("org-job-web answered {status}: {body}");
        }
        serde_json::from_str(&body).with_context(|| format!("org-job-web answered something else: {body}"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    job_id: String,
}

#[derive(Deserialize)]
struct JobList {
    jobs: Vec<ListedJob>,
}

/// A job of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListedJob {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) job: JobView,
}

/// What the demo reads of a job. Counts are of Opportunities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct JobView {
    pub(crate) state: JobState,
    /// Whether [`JobView::planned_records`] is final.
    pub(crate) planned: bool,
    pub(crate) planned_records: u64,
    pub(crate) processed: u64,
    pub(crate) succeeded: u64,
    pub(crate) skipped: u64,
    pub(crate) failed: u64,
    /// `quotes` and `quoteLineItems`.
    pub(crate) counters: BTreeMap<String, u64>,
    /// Opportunities processed by each worker.
    pub(crate) per_worker: BTreeMap<String, u64>,
    /// Why the job is held or has failed.
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobState {
    #[default]
    Queued,
    Running,
    NeedsAuthorization,
    Cancelling,
    Finishing,
    Completed,
    Cancelled,
    Failed,
}

impl JobState {
    /// Whether nothing changes any more without a request from outside.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::NeedsAuthorization | Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// For "the job …".
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Queued => "is queued",
            Self::Running => "is running",
            Self::NeedsAuthorization => "needs a new session",
            Self::Cancelling => "is being cancelled",
            Self::Finishing => "is finishing",
            Self::Completed => "completed",
            Self::Cancelled => "was cancelled",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_job() {
        let text = r#"{"id":"0193","kind":"generate-quotes","org":"00D","state":"needsAuthorization","params":{},
            "planned":true,"totalChunks":3,"plannedRecords":300,"processed":120,"succeeded":100,"skipped":15,"failed":5,
            "counters":{"quotes":100,"quoteLineItems":200},"perWorker":{"worker-1":70,"worker-2":50},
            "pausedUntil":null,"reason":"INVALID_SESSION_ID","createdAt":"2026-01-01T00:00:00Z"}"#;
        let job: JobView = serde_json::from_str(text).unwrap();
        assert_eq!(job.state, JobState::NeedsAuthorization);
        assert!(job.state.is_final() && job.planned);
        assert_eq!(
            (job.planned_records, job.processed, job.succeeded, job.skipped, job.failed),
            (300, 120, 100, 15, 5)
        );
        assert_eq!(job.counters["quoteLineItems"], 200);
        assert_eq!(job.per_worker["worker-2"], 50);
        assert_eq!(job.reason.as_deref(), Some("INVALID_SESSION_ID"));
    }
}
