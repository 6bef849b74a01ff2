//! Redis that is gone or full: the sender learns that nothing was taken.

use crate::support::{jobs, jobs_become, opportunities, send, spec};
use anyhow::{Result, ensure};
use reqwest::StatusCode;
use std::time::Duration;
use test_support::{RedisOptions, TestRedis, eventually};

#[tokio::test]
async fn without_redis_the_webhook_answers_503() -> Result<()> {
    let mut redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
    let web = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 100).start().await?;
    redis.kill().await?;
    let answer = send(&web, "t-1", &opportunities(0..1)).await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    redis.start_again().await?;
    assert_eq!(send(&web, "t-1", &opportunities(0..1)).await?.status(), StatusCode::NO_CONTENT);
    jobs_become(&jobs(&redis).await?, 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_full_redis_takes_nothing_and_what_it_has_becomes_a_job_later() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 800).start().await?;
    assert_eq!(send(&web, "t-before", &opportunities(0..5)).await?.status(), StatusCode::NO_CONTENT);
    redis.command(&["CONFIG", "SET", "maxmemory", "1mb"]).await?;
    assert_eq!(send(&web, "t-full", &opportunities(0..5)).await?.status(), StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let jobs = jobs(&redis).await?;
    jobs_become(&jobs, 0).await?;
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]).await?;
    assert_eq!(jobs_become(&jobs, 1).await?[0].transaction_key, "t-before");
    eventually(Duration::from_secs(20), "the log to tell", async || {
        ensure!(web.log().contains("out of memory") || web.log().contains("OutOfMemory"), "{}", web.log().tail(5));
        Ok(())
    })
    .await
}
