//! The binary starts from environment variables alone, and says which one is wrong.

use crate::support::{SECRET, TOKEN, spec};
use anyhow::Result;
use reqwest::StatusCode;
use std::process::Command;
use test_support::{RedisOptions, TestRedis, binary, http_client};

const RIGHT: [(&str, &str); 7] = [
    ("REDIS_URL", "redis://127.0.0.1:1"),
    ("JOB_SECRET_KEY", SECRET),
    ("EVENT_AUTHORIZATION", "my-org"),
    ("WEBHOOK_TOKEN", TOKEN),
    ("HEROKU_APPLINK_API_URL", "http://127.0.0.1:1/addons/a"),
    ("HEROKU_APPLINK_TOKEN", "addon-secret"),
    ("HEROKU_APP_ID", "app"),
];

fn refused(variables: &[(&str, &str)]) -> Result<String> {
    let mut command = Command::new(binary("eventing-web")?);
    let output = command.env_clear().envs(variables.iter().copied()).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{variables:?}: {text}");
    assert!(!text.contains(TOKEN) && !text.contains("addon-secret") && !text.contains(SECRET), "{text}");
    Ok(text)
}

#[test]
fn a_missing_variable_stops_the_start_and_is_named() -> Result<()> {
    for (name, _) in RIGHT {
        let rest: Vec<_> = RIGHT.into_iter().filter(|(other, _)| *other != name).collect();
        let text = refused(&rest)?;
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with(&format!("{name}: ")), "{name}: {text}");
    }
    Ok(())
}

#[test]
fn a_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    for (name, value) in [
        ("WEBHOOK_TOKEN", "fifteen-letters"),
        ("WEBHOOK_TOKEN", "0123456789 abcdef0123456789"),
        ("WEBHOOK_TOKEN", "local-only-webhook-token"),
        ("JOB_SECRET_KEY", "6c6f63616c2d6f6e6c792d6e6f742d612d7365637265742d6b65792d30303031"),
        ("HEROKU_APPLINK_API_URL", "http://applink.heroku.com/addons/a"),
        ("EVENT_AUTHORIZATION", "my org"),
        ("EVENT_TOPIC", "/event/Sale__e"),
        ("EVENT_CHANGE_TYPES", "DELETE"),
        ("EVENT_QUIET_MILLISECONDS", "-1"),
        ("EVENT_MAX_WAIT_SECONDS", "0"),
        ("EVENT_MEMORY_HOURS", "0"),
        ("EVENT_SUBSCRIBER", "maybe"),
        ("PUBSUB_ENDPOINT", "http://api.pubsub.salesforce.com:7443"),
    ] {
        let mut variables = RIGHT.to_vec();
        variables.retain(|(other, _)| *other != name);
        variables.push((name, value));
        let text = refused(&variables)?;
        assert!(text.starts_with(&format!("{name}: ")), "{name}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_redis_that_evicts_is_refused() -> Result<()> {
    let config = vec!["maxmemory-policy allkeys-lru".to_owned()];
    let redis = TestRedis::start_with(RedisOptions { config, ..RedisOptions::default() }).await?;
    let error = spec(&redis, "web.1")?.start().await.map(drop).unwrap_err().to_string();
    assert!(error.contains("noeviction"), "{error}");
    Ok(())
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
