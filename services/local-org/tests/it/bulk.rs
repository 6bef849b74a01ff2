//! Bulk API 2.0.

mod duplicates;
mod ingest;
mod lifecycle;
mod query;
mod refusals;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, Reply, TestOrg, read};

/// Longer than any job of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Rows of CSV as they are sent or received.
pub(crate) type Rows = Vec<Vec<String>>;

impl TestOrg {
    /// Creates an ingest job and gives its id.
    async fn job(&self, object: &str, operation: &str, more: Value) -> String {
        let mut body = json!({"object": object, "operation": operation, "contentType": "CSV"});
        let members = body.as_object_mut().expect("an object");
        members.extend(more.as_object().cloned().unwrap_or_default());
        let reply = self.post("/jobs/ingest", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body["id"].as_str().expect("an id").to_owned()
    }

    /// Uploads contents.
    async fn upload(&self, job: &str, csv: &str) -> Reply {
        let url = format!("{}{API}/jobs/ingest/{job}/batches", self.base);
        let request = self.http.put(url).bearer_auth(&self.token).header("Content-Type", "text/csv");
        read(request.body(csv.to_owned()).send().await.expect("an answer")).await.expect("a body")
    }

    async fn set_state(&self, job: &str, state: &str) -> Reply {
        self.patch(&format!("/jobs/ingest/{job}"), json!({"state": state})).await
    }

    /// The job when it has ended.
    async fn ended(&self, kind: &str, job: &str) -> Value {
        let started = Instant::now();
        loop {
            let info = self.get(&format!("/jobs/{kind}/{job}")).await.body;
            if matches!(info["state"].as_str(), Some("JobComplete" | "Failed" | "Aborted")) {
                return info;
            }
            assert!(started.elapsed() < PATIENCE, "still at it: {info}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Loads contents and gives the ended job.
    async fn load(&self, object: &str, operation: &str, more: Value, csv: &str) -> Value {
        let job = self.job(object, operation, more).await;
        assert_eq!(self.upload(&job, csv).await.status, 201);
        assert_eq!(self.set_state(&job, "UploadComplete").await.status, 200);
        self.ended("ingest", &job).await
    }

    /// A result of an ended ingest job.
    async fn result(&self, job: &Value, name: &str) -> Reply {
        let reply = self.get(&format!("/jobs/ingest/{}/{name}", job["id"].as_str().expect("an id"))).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv")), "{}", reply.text);
        reply
    }

    /// Rows of a result, the header first and the others in the order of their last value.
    async fn rows(&self, job: &Value, name: &str) -> Rows {
        let mut rows = parse(&self.result(job, name).await.text);
        if let Some((_, rows)) = rows.split_first_mut() {
            rows.sort_by_key(|row| row.last().cloned());
        }
        rows
    }

    /// Replaces the settings of `my-org`.
    async fn settings(&self, settings: Value) {
        let reply = self.control(Method::PUT, "/local/orgs/my-org/settings", settings).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

pub(crate) fn parse(csv: &str) -> Rows {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}
