//! The binary starts from environment variables alone, and says which one is wrong.

use crate::support::Stack;
use anyhow::Result;
use reqwest::StatusCode;
use test_support::{Start, http_client};

const RIGHT: [(&str, &str); 5] = [
    ("HEROKU_APPLINK_API_URL", "http://127.0.0.1:1/addons/a"),
    ("HEROKU_APPLINK_TOKEN", "addon-secret"),
    ("HEROKU_APP_ID", "app"),
    ("CONNECTION_NAMES", "my-org"),
    ("APP_PASSWORD", "correct horse"),
];

fn start() -> Start {
    Start::new("api-access-web", &RIGHT)
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    start().names_what_is_missing_or_wrong(&[
        ("CONNECTION_NAMES", "my-org,my-org"),
        ("CONNECTION_NAMES", "my org"),
        ("ORG_DEADLINE_MILLISECONDS", "0"),
        ("APP_PASSWORD", "horse"),
        ("AUTH", "open"),
        ("AUTH", "none"),
        ("SESSION_HOURS", "0"),
        ("HEROKU_APPLINK_API_URL", "addons"),
        ("HEROKU_APPLINK_API_URL", "http://applink.heroku.com/addons/a"),
        ("APP_PASSWORD", "local-only-password"),
        ("METRICS_TOKEN", "short"),
        ("REQUEST_BODY_SECONDS", "0"),
        ("MAX_CONNECTIONS", "0"),
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
    for path in ["/health", "/ready", "/metrics", "/assets/style.css", "/assets/live.js", "/assets/icon.svg"] {
        let answer = http.get(format!("{url}{path}")).send().await?;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    stack.redis.kill().await?;
    let answer = http.get(format!("{url}/ready")).send().await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let browser = stack.logged_in().await?;
    let page = browser.open("/").await?;
    assert!(page.card("my-org")?.text.contains("8 accounts"), "the accounts need no Redis: {}", page.text);
    let page = browser.get("/bulk-demo").await?;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("The job store is not available"), "{}", page.text);
    Ok(())
}
