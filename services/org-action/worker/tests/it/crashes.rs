//! Workers die; there is one Quote, and the caller learns of it once.

use crate::support::{GRAPH, ORG, Stack};
use anyhow::{Result, bail};
use std::time::Duration;
use test_support::{Fault, FaultAction, Reply, eventually};

/// Long enough that a process is killed while it waits.
const HELD: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

#[tokio::test]
async fn worker_killed_between_the_write_and_its_answer() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(2).await?;
    let held = stack.fault(Fault::new(HELD).path(GRAPH).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (1, 2));
    Ok(())
}

#[tokio::test]
async fn worker_killed_between_the_write_and_the_callback() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(2).await?;
    let fault = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 500 }).path(GRAPH).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(fault).await?;
    // Redis answers nobody for a while: the worker knows of the Quote and cannot go on.
    stack.redis.pause_clients(Duration::from_secs(4)).await?;
    eventually(Duration::from_secs(10), "the graph request has been answered", async || {
        if stack.org.counters(ORG).await?.concurrent.now == 0 { Ok(()) } else { bail!("under way") }
    })
    .await?;
    assert_eq!(stack.counts().await?, (1, 2));
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (1, 2));
    Ok(())
}

#[tokio::test]
async fn worker_killed_while_it_calls_back() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    stack.receiver.reply([Reply::Hang]);
    let opportunity = stack.opportunity(2).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.callbacks(1).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    let received = stack.callbacks(2).await?;
    assert_eq!(stack.ended(&job).await?["state"], "completed");
    // Nobody knows what the receiver made of the first one, so it is told that the second is the same.
    let key = Some(format!("{job}-1"));
    assert!(received.iter().all(|callback| callback.header("idempotency-key").map(str::to_owned) == key));
    assert_eq!(received[0].body, received[1].body);
    assert_eq!((stack.receiver.received().len(), stack.counts().await?), (2, (1, 2)));
    Ok(())
}

#[tokio::test]
async fn worker_killed_in_the_middle_of_a_big_quote() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let opportunity = stack.big_opportunity(1_200).await?;
    let held = stack.fault(Fault::new(HELD).path(GRAPH).skip(1).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (1, 1_200));
    Ok(())
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_its_quote_back() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    stack.receiver.reply([Reply::Hang]);
    let opportunity = stack.opportunity(2).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.callbacks(1).await?;
    assert!(stack.workers[0].terminate(Duration::from_secs(28)).await?.success());
    stack.add_worker("successor").await?;
    stack.callbacks(2).await?;
    let ended = stack.ended(&job).await?;
    assert_eq!((&ended["state"], stack.counts().await?), (&serde_json::json!("completed"), (1, 2)), "{ended}");
    Ok(())
}
