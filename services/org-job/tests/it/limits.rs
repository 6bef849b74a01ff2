//! One org cannot fill the queue that it shares with others.

use crate::support::{ALL, Stack};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn too_many_jobs_of_an_org_are_refused_and_others_go_on() -> Result<()> {
    let mut stack = Stack::start(0, 0, 0).await?;
    stack.replace_web(&[("MAX_OPEN_JOBS", "2")]).await?;
    for _ in 0..2 {
        stack.post(ALL).await?;
    }
    let post = async |org: &str| -> Result<reqwest::Response> {
        let request = stack.call_as(org, Method::POST, "/api/executebatch").await?;
        Ok(request.json(&json!({ "soqlWhereClause": ALL })).send().await?)
    };
    let refused = post("my-org").await?;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let after: u64 = refused.headers().get("retry-after").context("no Retry-After")?.to_str()?.parse()?;
    assert!(after >= 1, "{after}");
    let body: Value = refused.json().await?;
    assert_eq!(body["error"]["code"], "too_many_requests");
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains("2 jobs")), "{body}");
    assert_eq!(post("my-org-sales-a").await?.status(), StatusCode::ACCEPTED);
    Ok(())
}
