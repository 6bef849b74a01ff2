//! The binary starts from environment variables alone, and says which one is wrong.

use crate::support::{TOKEN, spec};
use anyhow::Result;
use reqwest::StatusCode;
use test_support::{Start, TestRedis, http_client};

const RIGHT: [(&str, &str); 5] = [
    ("EVENT_AUTHORIZATION", "my-org"),
    ("WEBHOOK_TOKEN", TOKEN),
    ("HEROKU_APPLINK_API_URL", "http://127.0.0.1:1/addons/a"),
    ("HEROKU_APPLINK_TOKEN", "addon-secret"),
    ("HEROKU_APP_ID", "app"),
];

fn start() -> Start {
    Start::new("eventing-web", &RIGHT)
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    start().names_what_is_missing_or_wrong(&[
        ("WEBHOOK_TOKEN", "fifteen-letters"),
        ("WEBHOOK_TOKEN", "0123456789 abcdef0123456789"),
        ("WEBHOOK_TOKEN", "local-only-webhook-token"),
        ("HEROKU_APPLINK_API_URL", "http://applink.heroku.com/addons/a"),
        ("EVENT_AUTHORIZATION", "my org"),
        ("EVENT_TOPIC", "/event/Sale__e"),
        ("EVENT_CHANGE_TYPES", "DELETE"),
        ("EVENT_QUIET_MILLISECONDS", "-1"),
        ("EVENT_MAX_WAIT_SECONDS", "0"),
        ("EVENT_MEMORY_HOURS", "0"),
        ("EVENT_SUBSCRIBER", "maybe"),
        ("PUBSUB_ENDPOINT", "http://api.pubsub.salesforce.com:7443"),
    ])
}

#[tokio::test]
async fn a_redis_that_evicts_is_refused() -> Result<()> {
    start().web_refuses_a_redis_that_evicts().await
}

#[tokio::test]
async fn probes_and_documents_need_no_token() -> Result<()> {
    let mut redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.start().await?;
    let (http, url) = (http_client()?, web.url()?);
    for path in [
        "/health",
        "/ready",
        "/metrics",
        "/api-docs.yaml",
        "/docs",
        "/docs/style.css",
        "/assets/style.css",
        "/assets/live.js",
    ] {
        let answer = http.get(format!("{url}{path}")).send().await?;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    redis.kill().await?;
    let answer = http.get(format!("{url}/ready")).send().await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    Ok(())
}
