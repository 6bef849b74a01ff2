//! `GET /api/jobs/{id}/events`: many streams of one job cost Redis what one does, and there is a limit.

use crate::support::{ALL, Stack};
use anyhow::{Context, Result, ensure};
use reqwest::{Method, Response, StatusCode};
use std::time::Duration;
use test_support::eventually;

/// Streams of one job, each with its first event received.
async fn streams(stack: &Stack, id: &str, count: usize) -> Result<Vec<(Response, String)>> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let request = stack.call(Method::GET, &format!("/api/jobs/{id}/events")).await?;
        let mut stream = request.timeout(Duration::from_secs(120)).send().await?.error_for_status()?;
        let first = stream.chunk().await?.context("the stream ended")?;
        streams.push((stream, String::from_utf8_lossy(&first).into_owned()));
    }
    Ok(streams)
}

/// Times that the log of events was read.
async fn reads(stack: &Stack) -> Result<u64> {
    let info: String = redis::from_redis_value(stack.redis.command(&["INFO", "commandstats"]).await?)?;
    let line = info.lines().find(|line| line.starts_with("cmdstat_xrange:"));
    let calls = line.and_then(|line| line.split_once("calls=")?.1.split(',').next()?.parse().ok());
    Ok(calls.unwrap_or(0))
}

#[tokio::test]
async fn many_streams_of_a_job_are_served_by_one_look_at_redis() -> Result<()> {
    let mut stack = Stack::start(3, 1, 0).await?;
    let id = stack.post(ALL).await?;
    let streams = streams(&stack, &id, 40).await?;
    ensure!(streams.iter().all(|(_, first)| first.contains("event: queued")), "{streams:?}");
    // Whoever has come reads twice for itself; then there is one look each half second for all.
    let before = reads(&stack).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let looks = reads(&stack).await? - before;
    ensure!(looks < 40, "{looks} looks in some 5 s for 40 streams");
    stack.add_worker("worker.1").await?;
    stack.reaches(&id, "completed").await?;
    let mut texts = Vec::new();
    for (stream, first) in streams {
        texts.push(first + &stream.text().await?);
    }
    for text in &texts {
        ensure!(text.matches("event: completed").count() == 1 && text.contains("event: started"), "{text}");
        ensure!(text == &texts[0], "each is told the same: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn an_org_follows_no_more_than_it_may_and_places_come_back() -> Result<()> {
    let mut stack = Stack::start(0, 0, 0).await?;
    stack.replace_web(&[("MAX_EVENT_STREAMS_PER_ORG", "2")]).await?;
    let id = stack.post(ALL).await?;
    let open = streams(&stack, &id, 2).await?;
    let path = format!("/api/jobs/{id}/events");
    let refused = stack.call(Method::GET, &path).await?.send().await?;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    ensure!(refused.headers().contains_key("retry-after"));
    drop(open);
    eventually(Duration::from_secs(60), "there is a place again", async || {
        let answer = stack.call(Method::GET, &path).await?.send().await?;
        ensure!(answer.status() == StatusCode::OK, "{}", answer.status());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_client_that_has_seen_the_end_is_told_not_to_come_again() -> Result<()> {
    let stack = Stack::start(1, 1, 1).await?;
    let id = stack.post(ALL).await?;
    stack.reaches(&id, "completed").await?;
    let events = stack.events(&id).await?;
    let last = events.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().context("no event")?;
    let request = stack.call(Method::GET, &format!("/api/jobs/{id}/events")).await?;
    let answer = request.header("Last-Event-ID", last).send().await?;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    Ok(())
}
