//! The Bulk API (v1).

mod chunks;
mod load;
mod query;
mod refusals;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestOrg, read};

const ASYNC: &str = "/services/async/62.0";
/// Longer than any batch of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl TestOrg {
    /// A call with the session's own header. A body says what it is written in.
    async fn bulk(&self, method: Method, path: &str, media_type: &str, body: &str) -> Reply {
        self.bulk_with(method, path, &[("Content-Type", media_type)], body).await
    }

    async fn bulk_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let request = self.http.request(method, format!("{}{ASYNC}{path}", self.base));
        let request = request.header("X-SFDC-Session", &self.token).body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        read(request.send().await.expect("an answer")).await.expect("a body")
    }

    /// Creates a job with JSON and gives its id.
    async fn v1_job(&self, object: &str, operation: &str, content_type: &str, more: Value) -> String {
        let mut body = json!({"object": object, "operation": operation, "contentType": content_type});
        let members = body.as_object_mut().expect("an object");
        members.extend(more.as_object().cloned().unwrap_or_default());
        let reply = self.bulk(Method::POST, "/job", "application/json", &body.to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["id"].as_str().expect("an id").to_owned()
    }

    /// Adds a batch and gives its id.
    async fn v1_batch(&self, job: &str, media_type: &str, contents: &str) -> String {
        let reply = self.bulk(Method::POST, &format!("/job/{job}/batch"), media_type, contents).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        member(&reply, "id")
    }

    /// What is told about a batch that has ended.
    async fn v1_ended(&self, job: &str, batch: &str) -> Reply {
        let started = Instant::now();
        loop {
            let reply = self.v1_get(&format!("/job/{job}/batch/{batch}")).await;
            if matches!(member(&reply, "state").as_str(), "Completed" | "Failed" | "NotProcessed") {
                return reply;
            }
            assert!(started.elapsed() < PATIENCE, "still at it: {}", reply.text);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Loads contents in one batch of a job of its own, and gives its result.
    async fn v1_load(&self, object: &str, operation: &str, kind: &str, more: Value, contents: &str) -> Reply {
        let job = self.v1_job(object, operation, kind, more).await;
        let batch = self.v1_batch(&job, media_type(kind), contents).await;
        let info = self.v1_ended(&job, &batch).await;
        assert_eq!(member(&info, "state"), "Completed", "{}", info.text);
        self.v1_get(&format!("/job/{job}/batch/{batch}/result")).await
    }

    async fn v1_get(&self, path: &str) -> Reply {
        self.bulk_with(Method::GET, path, &[], "").await
    }
}

fn media_type(kind: &str) -> &'static str {
    match kind {
        "CSV" => "text/csv",
        "JSON" => "application/json",
        _ => "application/xml",
    }
}

/// A member of an object in JSON, or the text of the first element of that name; empty where there is none.
fn member(reply: &Reply, name: &str) -> String {
    match &reply.body {
        Value::Null => members(&reply.text, name).into_iter().next().unwrap_or_default(),
        body => body[name].as_str().map_or_else(|| body[name].to_string(), str::to_owned),
    }
}

/// The texts of all elements of that name.
fn members(xml: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let found = document.descendants().filter(|node| node.tag_name().name() == name);
    found.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// Code and message of an error.
fn error(reply: &Reply) -> (u16, String, String) {
    (reply.status, member(reply, "exceptionCode"), member(reply, "exceptionMessage"))
}
