//! One subscriber at a time; another takes over.

use crate::ledger::settles;
use crate::support::{ORG, PATIENCE, Stack, TOPIC, info};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use test_support::{Service, eventually};

const QUICK: [(&str, &str); 1] = [("EVENT_QUIET_MILLISECONDS", "200")];

async fn subscriber_becomes(web: &Service, name: &str) -> Result<Duration> {
    let started = Instant::now();
    eventually(PATIENCE, &format!("{name} to subscribe"), async || {
        let shown = info(web).await?;
        ensure!(shown["subscriber"] == name, "{shown}");
        Ok(started.elapsed())
    })
    .await
}

#[tokio::test]
async fn another_web_takes_over_when_the_subscriber_is_killed() -> Result<()> {
    let stack = Stack::start(10).await?;
    let mut one = stack.web("web.1", &QUICK).await?;
    let two = stack.web("web.2", &QUICK).await?;
    assert_eq!(info(&two).await?["subscriber"], "web.1");
    stack.edit(&stack.opportunities[..3], "before").await?;
    one.kill().await?;
    stack.edit(&stack.opportunities[3..6], "between").await?;
    eprintln!("taken over {:?} after SIGKILL", subscriber_becomes(&two, "web.2").await?);
    stack.edit(&stack.opportunities[6..], "after").await?;
    settles(&stack, None, PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_web_that_is_stopped_gives_the_lease_back_at_once() -> Result<()> {
    let stack = Stack::start(4).await?;
    let mut one = stack.web("web.1", &QUICK).await?;
    let two = stack.web("web.2", &QUICK).await?;
    stack.edit(&stack.opportunities[..2], "before").await?;
    assert!(one.terminate(Duration::from_secs(25)).await?.success());
    eprintln!("taken over {:?} after SIGTERM", subscriber_becomes(&two, "web.2").await?);
    stack.edit(&stack.opportunities[2..], "after").await?;
    settles(&stack, None, PATIENCE).await?;
    Ok(())
}

/// A web that hangs for longer than its lease wakes up with events in its hands that another has taken in.
#[tokio::test]
async fn a_subscriber_that_was_taken_for_dead_moves_nothing() -> Result<()> {
    let stack = Stack::start(12).await?;
    let mut one = stack.web("web.1", &QUICK).await?;
    let two = stack.web("web.2", &QUICK).await?;
    one.freeze()?;
    stack.edit(&stack.opportunities[..4], "to the frozen one").await?;
    subscriber_becomes(&two, "web.2").await?;
    stack.edit(&stack.opportunities[4..8], "to the next one").await?;
    let position = eventually(PATIENCE, "an event of the next one", async || {
        let shown = info(&two).await?;
        ensure!(shown["received"].as_u64() >= Some(2), "{shown}");
        Ok(shown["position"].clone())
    })
    .await?;
    one.thaw()?;
    stack.edit(&stack.opportunities[8..], "afterwards").await?;
    settles(&stack, None, PATIENCE).await?;
    let shown = info(&two).await?;
    assert_eq!(shown["subscriber"], "web.2", "{shown}");
    assert_ne!(shown["position"], position);
    Ok(())
}

/// What a web finds that has not heard yet that its lease ran out: here the lease is taken from it by hand.
#[tokio::test]
async fn a_subscriber_without_the_lease_moves_nothing() -> Result<()> {
    let stack = Stack::start(6).await?;
    let web = stack.web("web.1", &QUICK).await?;
    stack.edit(&stack.opportunities[..2], "before").await?;
    settles(&stack, None, PATIENCE).await?;
    let lease = format!("{{eventing}}:changes:lease:{ORG}:{TOPIC}");
    stack.redis.command(&["SET", &lease, "web.9|another", "PX", "60000"]).await?;
    let before = info(&web).await?;
    stack.edit(&stack.opportunities[2..], "to the one without a lease").await?;
    eventually(PATIENCE, "the web to hear of it", async || {
        ensure!(web.log().contains("another process subscribes now"), "{}", web.log().tail(5));
        Ok(())
    })
    .await?;
    let after = info(&web).await?;
    assert_eq!((&after["position"], &after["received"]), (&before["position"], &before["received"]), "{after}");
    assert_eq!(after["subscriber"], "web.9");
    stack.redis.command(&["DEL", &lease]).await?;
    settles(&stack, None, PATIENCE).await?;
    Ok(())
}
