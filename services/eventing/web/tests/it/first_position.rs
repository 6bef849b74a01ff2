//! A subscription that Salesforce has told no place yet: nothing that changes after its beginning is lost.

use crate::support::{ORG, PATIENCE, Stack, changes, ids, info, jobs_become, subscriber_spec};
use anyhow::{Result, ensure};
use std::time::Duration;
use test_support::{Disconnect, PubsubSettings, Service, eventually};

/// As on a real org: a minute until the first sign of life.
const SLOW: PubsubSettings = PubsubSettings {
    keepalive_ms: 60_000,
    fetch_timeout_ms: 60_000,
    publish_timeout_ms: 70_000,
    daily_deliveries: None,
};
/// A subscriber takes in what was changed so shortly before its beginning.
const MARGIN: Duration = Duration::from_secs(11);

/// Starts a web process and waits until its stream is open; there is no position then.
async fn subscribed(stack: &Stack, variables: &[(&str, &str)]) -> Result<Service> {
    stack.org.set_pubsub_settings(ORG, &SLOW).await?;
    let web = subscriber_spec(&stack.redis, &stack.org, "web.1")?
        .env("EVENT_QUIET_MILLISECONDS", 200)
        .env("PUBSUB_WATCHDOG_SECONDS", 300)
        .envs(variables.iter().copied())
        .start()
        .await?;
    stream_opens(stack).await?;
    ensure!(info(&web).await?["position"].is_null(), "there is a position");
    Ok(web)
}

async fn stream_opens(stack: &Stack) -> Result<()> {
    eventually(PATIENCE, "an open stream", async || {
        ensure!(stack.org.pubsub_streams(ORG).await?.iter().any(|stream| stream.topic.is_some()), "there is none");
        Ok(())
    })
    .await
}

/// The one job is that of the second Opportunity.
async fn only_the_second(stack: &Stack) -> Result<()> {
    let found = jobs_become(&stack.jobs, 1).await?;
    assert_eq!(ids(&found[0]), stack.opportunities[1..2]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(changes(&stack.jobs).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_new_subscriber_that_is_stopped_misses_nothing() -> Result<()> {
    let stack = Stack::start(3).await?;
    stack.edit(&stack.opportunities[..1], "before there was a subscriber").await?;
    tokio::time::sleep(MARGIN).await;
    let mut web = subscribed(&stack, &[]).await?;
    web.terminate(PATIENCE).await?;
    stack.edit(&stack.opportunities[1..2], "while it was gone").await?;
    web.restart().await?;
    only_the_second(&stack).await
}

#[tokio::test]
async fn a_new_subscriber_that_is_killed_misses_nothing_whoever_follows() -> Result<()> {
    let stack = Stack::start(3).await?;
    stack.edit(&stack.opportunities[..1], "before there was a subscriber").await?;
    tokio::time::sleep(MARGIN).await;
    let mut one = subscribed(&stack, &[]).await?;
    one.kill().await?;
    stack.edit(&stack.opportunities[1..2], "while it was gone").await?;
    let _two = subscriber_spec(&stack.redis, &stack.org, "web.2")?.env("EVENT_QUIET_MILLISECONDS", 200).start().await?;
    only_the_second(&stack).await
}

#[tokio::test]
async fn a_first_stream_that_breaks_misses_nothing() -> Result<()> {
    let stack = Stack::start(3).await?;
    stack.edit(&stack.opportunities[..1], "before there was a subscriber").await?;
    tokio::time::sleep(MARGIN).await;
    let _web = subscribed(&stack, &[]).await?;
    stack.org.refuse_pubsub(ORG, Disconnect::Unavailable, Duration::from_secs(3)).await?;
    ensure!(stack.org.disconnect(ORG, Disconnect::Reset).await? == 1, "there was no stream");
    stack.edit(&stack.opportunities[1..2], "without a stream").await?;
    only_the_second(&stack).await
}

/// Redis loses everything before there was a position, and the process knows when it began.
#[tokio::test]
async fn a_new_subscriber_whose_redis_lost_everything_misses_nothing() -> Result<()> {
    let mut stack = Stack::start(3).await?;
    let _web = subscribed(&stack, &[]).await?;
    stack.org.refuse_pubsub(ORG, Disconnect::Unavailable, Duration::from_secs(3)).await?;
    stack.org.disconnect(ORG, Disconnect::Reset).await?;
    stack.redis.kill().await?;
    std::fs::remove_dir_all(stack.redis.dir().join("appendonlydir"))?;
    stack.edit(&stack.opportunities[1..2], "while it was gone").await?;
    stack.redis.start_again().await?;
    only_the_second(&stack).await
}

#[tokio::test]
async fn with_new_events_only_after_a_lost_position_nothing_is_missed_from_then_on() -> Result<()> {
    let stack = Stack::start(4).await?;
    let mut web = stack.web("web.1", &[("EVENT_QUIET_MILLISECONDS", "200"), ("PUBSUB_FALLBACK", "LATEST")]).await?;
    stack.edit(&stack.opportunities[..1], "one").await?;
    jobs_become(&stack.jobs, 1).await?;
    web.terminate(PATIENCE).await?;
    stack.org.forget_events(ORG).await?;
    stack.edit(&stack.opportunities[2..3], "kept, but not asked for").await?;
    tokio::time::sleep(MARGIN).await;
    stack.org.set_pubsub_settings(ORG, &SLOW).await?;
    web.restart().await?;
    eventually(PATIENCE, "the loss to be known", async || {
        let shown = info(&web).await?;
        ensure!(shown["positionLostAt"].is_string(), "{shown}");
        Ok(())
    })
    .await?;
    stream_opens(&stack).await?;
    web.kill().await?;
    stack.edit(&stack.opportunities[3..], "while it was gone").await?;
    web.restart().await?;
    let found = jobs_become(&stack.jobs, 2).await?;
    assert_eq!(ids(&found[1]), stack.opportunities[3..]);
    Ok(())
}

#[tokio::test]
async fn one_that_starts_with_the_oldest_event_leaves_nothing_out() -> Result<()> {
    let stack = Stack::start(3).await?;
    stack.edit(&stack.opportunities[1..2], "before there was a subscriber").await?;
    tokio::time::sleep(MARGIN).await;
    let _web = subscriber_spec(&stack.redis, &stack.org, "web.1")?
        .env("EVENT_QUIET_MILLISECONDS", 200)
        .env("PUBSUB_START", "EARLIEST")
        .start()
        .await?;
    only_the_second(&stack).await
}
