//! Rounds of edits while processes and connections end at random: every record of every transaction becomes part of a job,
//! and of one only.

use crate::ledger::settles;
use crate::support::{ORG, Stack, info};
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use test_support::{Disconnect, Service, eventually};

const ROUNDS: usize = 21;
/// A lease must run out, and Redis come back, on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);
const VARIABLES: [(&str, &str); 3] =
    [("EVENT_QUIET_MILLISECONDS", "300"), ("EVENT_MAX_WAIT_SECONDS", "2"), ("PUBSUB_BACKOFF_SECONDS", "0")];

/// What goes wrong in a round.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Subscriber,
    OtherWeb,
    Redis,
    Stream(Disconnect),
}

const FAULTS: [Fault; 7] = [
    Fault::Subscriber,
    Fault::Redis,
    Fault::Stream(Disconnect::Reset),
    Fault::OtherWeb,
    Fault::Stream(Disconnect::Silence),
    Fault::Stream(Disconnect::Unauthenticated),
    Fault::Stream(Disconnect::Unavailable),
];

fn random_ms(most: f64) -> Duration {
    Duration::from_secs_f64(rand::random::<f64>() * most / 1_000.0)
}

/// Some transactions, one after the other, of 1 to 15 records each.
async fn edits(stack: &Stack, round: usize) -> Result<()> {
    for step in 0..8 {
        let from = (rand::random::<f64>() * 80.0) as usize;
        let count = 1 + (rand::random::<f64>() * 15.0) as usize;
        stack.edit(&stack.opportunities[from..from + count], &format!("{round} {step}")).await?;
        tokio::time::sleep(random_ms(250.0)).await;
    }
    Ok(())
}

/// Which of the webs subscribes, once its stream is open: the lease of one that was killed must run out first.
async fn subscriber(stack: &Stack, webs: &[Service; 2]) -> Result<usize> {
    eventually(LIMIT, "an open stream", async || {
        ensure!(!stack.org.pubsub_streams(ORG).await?.is_empty(), "there is none");
        Ok(())
    })
    .await?;
    Ok(usize::from(info(&webs[0]).await?["subscriber"] == "web.2"))
}

#[tokio::test]
async fn no_event_is_lost_and_none_doubled_over_rounds_of_crashes() -> Result<()> {
    let mut stack = Stack::start(100).await?;
    let mut webs = [stack.web("web.1", &VARIABLES).await?, stack.web("web.2", &VARIABLES).await?];
    for round in 0..ROUNDS {
        let fault = FAULTS[round % FAULTS.len()];
        let delay = random_ms(1_000.0);
        let victim = subscriber(&stack, &webs).await?;
        let down = random_ms(800.0);
        let started = Instant::now();
        match fault {
            Fault::Subscriber | Fault::OtherWeb => {
                let index = if matches!(fault, Fault::Subscriber) { victim } else { 1 - victim };
                let web = &mut webs[index];
                let crash = async {
                    tokio::time::sleep(delay).await;
                    web.kill().await?;
                    tokio::time::sleep(down).await;
                    web.restart().await
                };
                let (edited, crashed) = tokio::join!(edits(&stack, round), crash);
                edited.and(crashed)?;
            }
            Fault::Redis => {
                // Edits need no Redis; they come before, during and after the outage.
                let before = edits(&stack, round);
                tokio::time::timeout(delay, before).await.ok();
                stack.redis.kill().await?;
                edits(&stack, round).await?;
                stack.redis.start_again().await?;
                edits(&stack, round).await?;
            }
            Fault::Stream(how) => {
                let crash = async {
                    tokio::time::sleep(delay).await;
                    // A stream that was silenced stays so: the subscriber must find out.
                    stack.org.disconnect(ORG, how).await
                };
                let (edited, crashed) = tokio::join!(edits(&stack, round), crash);
                edited?;
                ensure!(crashed? > 0, "there was no stream to disconnect");
            }
        }
        let settled = settles(&stack, None, LIMIT).await;
        settled
            .with_context(|| format!("round {round}: {fault:?} after {delay:?}\n{}", webs[victim].log().tail(40)))?;
        eprintln!("round {round}: {fault:?} after {delay:?}, all in jobs after {:?}", started.elapsed());
    }
    let made = settles(&stack, None, LIMIT).await?;
    ensure!(made.len() >= ROUNDS, "{} jobs", made.len());
    eprintln!("{} jobs", made.len());
    Ok(())
}

/// Redis comes back as it was some moments before: the position and the events behind it are gone together.
#[tokio::test]
async fn a_redis_that_lost_its_last_moments_gets_the_events_again() -> Result<()> {
    let mut stack = Stack::start(20).await?;
    let web = stack.web("web.1", &VARIABLES).await?;
    stack.edit(&stack.opportunities[..5], "kept").await?;
    settles(&stack, None, LIMIT).await?;
    let file = std::fs::read_dir(stack.redis.dir().join("appendonlydir"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().ends_with(".incr.aof"))
        .context("no append-only file")?;
    let length = std::fs::metadata(&file)?.len();
    stack.edit(&stack.opportunities[5..12], "lost by Redis").await?;
    settles(&stack, None, LIMIT).await?;
    let before = info(&web).await?["position"].clone();
    stack.redis.kill().await?;
    std::fs::OpenOptions::new().write(true).open(&file)?.set_len(length)?;
    stack.redis.start_again().await?;
    let made = settles(&stack, None, LIMIT).await?;
    assert_eq!(made.len(), 2);
    stack.edit(&stack.opportunities[12..], "afterwards").await?;
    settles(&stack, None, LIMIT).await?;
    assert_ne!(info(&web).await?["position"], before);
    let log = web.log().text();
    assert!(log.contains("Redis lost its last moments") || log.contains("another process subscribes now"), "{log}");
    Ok(())
}

/// A Redis without a file is empty after a crash, jobs and all: the subscriber has the events of the last minutes come again.
#[tokio::test]
async fn a_redis_that_lost_everything_gets_the_events_again() -> Result<()> {
    let mut stack = Stack::start(20).await?;
    let web = stack.web("web.1", &VARIABLES).await?;
    stack.edit(&stack.opportunities[..5], "before").await?;
    settles(&stack, None, LIMIT).await?;
    stack.redis.kill().await?;
    std::fs::remove_dir_all(stack.redis.dir().join("appendonlydir"))?;
    stack.edit(&stack.opportunities[5..12], "while it was gone").await?;
    stack.redis.start_again().await?;
    let made = settles(&stack, None, LIMIT).await.with_context(|| web.log().tail(30))?;
    assert_eq!(made.len(), 2);
    assert!(web.log().contains("events of the last minutes come again"));
    Ok(())
}
