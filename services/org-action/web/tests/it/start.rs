//! The binary starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use std::process::{Command, Output};
use std::time::Duration;
use test_support::{RedisOptions, ServiceSpec, TestRedis, binary, free_port, http_client};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The one of docker-compose.yml.
const COMPOSE_KEY: &str = "6c6f63616c2d6f6e6c792d6e6f742d612d7365637265742d6b65792d30303031";

fn refused(variables: &[(&str, &str)]) -> Result<Output> {
    let mut command = Command::new(binary("org-action-web")?);
    Ok(command.env_clear().envs(variables.iter().copied()).output()?)
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    let url = ("REDIS_URL", "redis://127.0.0.1:1");
    for (variables, name) in [
        (vec![("JOB_SECRET_KEY", KEY)], "REDIS_URL"),
        (vec![url], "JOB_SECRET_KEY"),
        (vec![url, ("JOB_SECRET_KEY", "short")], "JOB_SECRET_KEY"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("PORT", "http")], "PORT"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("APP_PORT", "70000")], "APP_PORT"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("ALLOWED_ORG_HOSTS", "a b")], "ALLOWED_ORG_HOSTS"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("BIND_ADDRESS", "0.0.0.0")], "BIND_ADDRESS"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("DYNO", "web.1")], "APP_PORT"),
        (vec![url, ("JOB_SECRET_KEY", COMPOSE_KEY)], "JOB_SECRET_KEY"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("REDIS_TLS_INSECURE", "maybe")], "REDIS_TLS_INSECURE"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("LOG_FORMAT", "xml")], "LOG_FORMAT"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("ENABLE_DISCOUNT_OVERRIDES", "on")], "ENABLE_DISCOUNT_OVERRIDES"),
        (vec![url, ("JOB_SECRET_KEY", KEY), ("REQUEST_DEADLINE_SECONDS", "29")], "REQUEST_DEADLINE_SECONDS"),
    ] {
        let output = refused(&variables)?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{name}: {text}");
        assert_eq!(text.lines().count(), 1, "{name}: {text}");
        assert!(text.contains(name), "{name}: {text}");
        assert!(!text.contains("short") && !text.contains(KEY), "{name}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_redis_that_evicts_ends_the_process_as_soon_as_it_is_there() -> Result<()> {
    let config = vec!["maxmemory-policy allkeys-lru".to_owned()];
    let mut redis = TestRedis::start_with(RedisOptions { config, ..RedisOptions::default() }).await?;
    redis.stop().await?;
    let mut web = ServiceSpec::new("org-action-web")?
        .env("PORT", free_port()?)
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", KEY)
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
async fn app_port_wins_over_port_and_is_on_loopback_only() -> Result<()> {
    let redis = TestRedis::start().await?;
    let (port, app_port) = (free_port()?, free_port()?);
    let web = ServiceSpec::new("org-action-web")?
        .env("PORT", port)
        .env("APP_PORT", app_port)
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", KEY)
        .ready("listening on http://")
        .start()
        .await?;
    assert_eq!(web.url()?, format!("http://127.0.0.1:{app_port}"));
    let http = http_client()?;
    for path in ["/health", "/ready", "/metrics", "/api-docs.yaml", "/docs"] {
        let answer = http.get(format!("{}{path}", web.url()?)).send().await?;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    assert!(http.get(format!("http://127.0.0.1:{port}/health")).send().await.is_err());
    Ok(())
}

#[tokio::test]
async fn without_the_mesh_only_this_machine_reaches_it_and_the_log_says_so() -> Result<()> {
    let redis = TestRedis::start().await?;
    let spec = ServiceSpec::new("org-action-web")?
        .env("PORT", free_port()?)
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", KEY)
        .ready("listening on http://");
    let web = spec.clone().start().await?;
    assert!(web.url()?.starts_with("http://127.0.0.1:"), "{}", web.url()?);
    let log = web.log().text();
    assert!(
        log.contains("WARN") && log.contains("no AppLink service mesh") && log.contains("from this machine only"),
        "{log}"
    );

    let open = spec.env("PORT", free_port()?).env("TRUST_CLIENT_CONTEXT_FROM_ANYONE", "true").start().await?;
    assert!(open.url()?.starts_with("http://0.0.0.0:"), "{}", open.url()?);
    assert!(open.log().text().contains("from the network"), "{}", open.log().text());
    Ok(())
}
