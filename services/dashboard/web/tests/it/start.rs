//! The binary starts from environment variables alone, and says which one is wrong.

use crate::support::Stack;
use anyhow::Result;
use reqwest::StatusCode;
use test_support::{Start, http_client};

fn start() -> Start {
    Start::new("dashboard-web", &[("APP_PASSWORD", "correct horse")])
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    start().names_what_is_missing_or_wrong(&[
        ("APP_PASSWORD", "horse"),
        ("APP_PASSWORD", "local-only-password"),
        ("AUTH", "none"),
        ("SESSION_HOURS", "0"),
        ("DASHBOARD_QUEUES", "org-job,org-job"),
        ("DASHBOARD_QUEUES", "org job"),
        ("ORG_URLS", "my-org"),
        ("ORG_URLS", "my-org=https://evil.example"),
        ("METRICS_TOKEN", "short"),
        ("TRUSTED_PROXIES", "6"),
    ])
}

#[tokio::test]
async fn a_redis_that_evicts_ends_the_process_as_soon_as_it_is_there() -> Result<()> {
    start().web_ends_when_redis_evicts().await
}

#[tokio::test]
async fn probes_are_open_and_tell_of_redis() -> Result<()> {
    let mut stack = Stack::start().await?;
    let (http, url) = (http_client()?, stack.web.url()?);
    let files = ["style.css", "dashboard.css", "live.js", "icon.svg"].map(|name| format!("/assets/{name}"));
    for path in ["/health", "/ready", "/metrics"].map(str::to_owned).into_iter().chain(files) {
        let answer = http.get(format!("{url}{path}")).send().await?;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    let browser = stack.logged_in().await?;
    stack.redis.kill().await?;
    let answer = http.get(format!("{url}/ready")).send().await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = browser.get("/").await?;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("Redis does not answer"), "{}", page.text);
    Ok(())
}
