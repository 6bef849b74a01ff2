//! The binary starts from environment variables alone, and says which one is wrong.

use crate::support::{SECRET, Stack};
use anyhow::Result;
use reqwest::StatusCode;
use std::process::Command;
use std::time::Duration;
use test_support::{RedisOptions, ServiceSpec, TestRedis, binary, free_port, http_client};

const RIGHT: [(&str, &str); 7] = [
    ("REDIS_URL", "redis://127.0.0.1:1"),
    ("JOB_SECRET_KEY", SECRET),
    ("HEROKU_APPLINK_API_URL", "http://127.0.0.1:1/addons/a"),
    ("HEROKU_APPLINK_TOKEN", "addon-secret"),
    ("HEROKU_APP_ID", "app"),
    ("CONNECTION_NAMES", "my-org"),
    ("APP_PASSWORD", "correct horse"),
];

fn refused(variables: &[(&str, &str)]) -> Result<String> {
    let mut command = Command::new(binary("api-access-web")?);
    let output = command.env_clear().envs(variables.iter().copied()).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{variables:?}: {text}");
    assert!(!text.contains("horse") && !text.contains("addon-secret") && !text.contains(SECRET), "{text}");
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
        ("CONNECTION_NAMES", "my-org,my-org"),
        ("CONNECTION_NAMES", "my org"),
        ("ORG_DEADLINE_MILLISECONDS", "0"),
        ("APP_PASSWORD", "horse"),
        ("AUTH", "open"),
        ("AUTH", "none"),
        ("SESSION_HOURS", "0"),
        ("HEROKU_APPLINK_API_URL", "addons"),
        ("HEROKU_APPLINK_API_URL", "http://applink.heroku.com/addons/a"),
        ("JOB_SECRET_KEY", "0000000000000000000000000000000000000000000000000000000000000000"),
        ("JOB_SECRET_KEY", "6c6f63616c2d6f6e6c792d6e6f742d612d7365637265742d6b65792d30303031"),
        ("APP_PASSWORD", "local-only-password"),
        ("METRICS_TOKEN", "short"),
        ("REQUEST_BODY_SECONDS", "0"),
        ("MAX_CONNECTIONS", "0"),
        ("TRUSTED_PROXIES", "6"),
        ("ALLOWED_ORG_HOSTS", "a b"),
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
async fn a_redis_that_evicts_ends_the_process_as_soon_as_it_is_there() -> Result<()> {
    let config = vec!["maxmemory-policy allkeys-lru".to_owned()];
    let mut redis = TestRedis::start_with(RedisOptions { config, ..RedisOptions::default() }).await?;
    redis.stop().await?;
    let mut web = ServiceSpec::new("api-access-web")?
        .envs(RIGHT)
        .env("PORT", free_port()?)
        .env("REDIS_URL", redis.url())
        .env("ALLOWED_ORG_HOSTS", "127.0.0.1:1")
        .ready("listening on http://")
        .start()
        .await?;
    redis.start_again().await?;
    let status = web.process().wait(Duration::from_secs(60)).await?;
    assert!(!status.success(), "{status}");
    let log = web.log().text();
    assert!(log.contains("noeviction"), "{log}");
    Ok(())
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
