//! The binary starts from environment variables alone, and says which one is wrong.

use crate::support::{PASSWORD, Stack, dashboard};
use anyhow::{Result, ensure};
use reqwest::StatusCode;
use std::time::Duration;
use test_support::{Browser, Start, TestRedis, eventually, http_client};

const LIMIT: Duration = Duration::from_secs(60);

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
    // It comes back as it was told to the browser: by itself, with the login that was there.
    stack.redis.start_again().await?;
    eventually(LIMIT, "the process finds Redis again", async || {
        let ready = http.get(format!("{url}/ready")).send().await?.status();
        ensure!(ready == StatusCode::OK, "/ready answers {ready}");
        let page = browser.get("/").await?;
        ensure!(page.status == StatusCode::OK, "{}: {}", page.status, page.text);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_starts_without_redis_and_finds_it_later() -> Result<()> {
    let mut redis = TestRedis::start().await?;
    redis.stop().await?;
    let web = dashboard(&redis)?.start().await?;
    let (http, url) = (http_client()?, web.url()?);
    assert_eq!(http.get(format!("{url}/health")).send().await?.status(), StatusCode::OK);
    let ready = http.get(format!("{url}/ready")).send().await?;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let text = ready.text().await?;
    assert!(text.contains("\"redis\"") && !text.contains("redis://"), "{text}");
    let figures = http.get(format!("{url}/metrics")).send().await?.text().await?;
    assert!(figures.contains("jobs_queue_readable{queue=\"org-job\"} 0"), "{figures}");
    let browser = Browser::new(url.clone())?;
    browser.log_in("ada", PASSWORD).await?;
    for path in ["/", "/jobs", "/workers"] {
        let page = browser.get(path).await?;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", page.text);
        assert!(page.text.contains("Redis does not answer"), "{path}: {}", page.text);
    }
    redis.start_again().await?;
    eventually(LIMIT, "the process finds Redis", async || {
        let ready = http.get(format!("{url}/ready")).send().await?.status();
        ensure!(ready == StatusCode::OK, "/ready answers {ready}");
        let page = browser.get("/jobs").await?;
        ensure!(page.status == StatusCode::OK && page.text.contains("No such jobs"), "{}", page.text);
        Ok(())
    })
    .await
}
