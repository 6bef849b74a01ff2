//! Workers die at every point; each Opportunity has one Quote in the end, and each job one event.

use crate::support::{PUBLISH, Stack};
use anyhow::{Context, Result, bail};
use rand::RngExt;
use shared::contracts::eventing::QuoteChanges;
use shared::jobs::{Kind, WorkerId};
use std::time::Duration;
use test_support::{Costs, Fault, FaultAction, eventually};

/// Long enough that a process is killed while it waits.
const BEFORE: FaultAction = FaultAction::DelayBefore { ms: 60_000 };
const AFTER: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

/// Kills the worker while a call waits, and lets another one go on.
async fn killed_at(fault: Fault) -> Result<()> {
    let mut stack = Stack::start(50, 1).await?;
    let fault = stack.fault(fault.times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 50).await?;
    stack.notifications(1).await.map(drop)
}

#[tokio::test]
async fn worker_killed_while_planning() -> Result<()> {
    killed_at(Fault::new(BEFORE).path("/query")).await
}

#[tokio::test]
async fn worker_killed_after_quotes_were_committed() -> Result<()> {
    killed_at(Fault::new(AFTER).path("/composite/graph")).await
}

#[tokio::test]
async fn worker_killed_before_the_event_is_published() -> Result<()> {
    // The request reaches local-org, which notices that the caller is gone or carries it out much later.
    killed_at(Fault::new(FaultAction::DropBefore).path(PUBLISH)).await
}

#[tokio::test]
async fn worker_killed_between_the_event_and_its_record() -> Result<()> {
    killed_at(Fault::new(AFTER).path(PUBLISH)).await
}

/// The workers were away for so long that Salesforce keeps neither the event nor a trace of it: nobody can know.
#[tokio::test]
async fn whether_an_event_was_published_days_ago_is_not_guessed() -> Result<()> {
    let mut stack = Stack::start(3, 1).await?;
    let held = stack.fault(Fault::new(AFTER).path(PUBLISH).times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    let days_ago = (chrono::Utc::now() - chrono::TimeDelta::days(4)).timestamp_millis();
    let kind = Kind::of::<QuoteChanges>().to_string();
    let lease = eventually(Duration::from_secs(30), "the last step is taken over", async || {
        stack.jobs.tasks().reclaim().await?;
        let claim = stack.jobs.tasks().claim(&WorkerId::new("test"), 1, &[&kind]).await?;
        claim.tasks.into_iter().next().map(|task| task.lease).context("not yet")
    })
    .await?;
    stack.jobs.tasks().remember(&lease, "completion1", &format!("begun {days_ago}")).await?;
    stack.jobs.tasks().release(&[lease], None).await?;
    stack.org.forget_events(crate::support::ORG).await?;
    stack.add_worker("successor").await?;
    let job = stack.ends(&id, shared::jobs::JobState::Completed).await?;
    assert!(job.reason.as_deref().is_some_and(|reason| reason.contains("72 hours")), "{job:?}");
    assert_eq!(stack.events().await?.len(), 0, "published again");
    Ok(())
}

#[tokio::test]
async fn event_published_and_redis_gone_before_it_is_recorded() -> Result<()> {
    let mut stack = Stack::start(5, 1).await?;
    let fault = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 500 }).path(PUBLISH).times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(fault).await?;
    stack.redis.kill().await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stack.redis.start_again().await?;
    eventually(Duration::from_secs(30), "the job can be seen again", async || stack.job(&id).await.map(drop)).await?;
    stack.assert_quoted(&id, 5).await?;
    stack.notifications(1).await.map(drop)
}

#[tokio::test]
async fn workers_killed_again_and_again_at_random() -> Result<()> {
    let mut stack = Stack::start(60, 1).await?;
    stack.org.set_costs(&Costs { call_ms: 40, ..Costs::default() }).await?;
    let mut total = 0;
    for round in 0..10 {
        let id = stack.changed(&format!("transaction-{round}"), stack.all().await?).await?;
        let mut kills = 0;
        while !stack.job(&id).await?.state.is_final() && kills < 3 {
            // From before the plan until after the event.
            let wait = rand::rng().random_range(0..700);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            if let Some(mut worker) = stack.workers.pop() {
                worker.kill().await?;
            }
            kills += 1;
            stack.add_worker(&format!("worker.{round}.{kills}")).await?;
        }
        stack.ends(&id, shared::jobs::JobState::Completed).await?;
        total += 60;
        let counts = stack.org.counts(crate::support::ORG).await?;
        assert_eq!((counts["Quote"], counts["QuoteLineItem"]), (total, 2 * total), "round {round}");
        stack.event_of(&id).await?;
    }
    stack.notifications(10).await.map(drop)
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_its_work_back() -> Result<()> {
    let mut stack = Stack::start(60, 1).await?;
    stack.org.set_costs(&Costs { call_ms: 400, ..Costs::default() }).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    eventually(Duration::from_secs(30), "it is planned", async || {
        if stack.job(&id).await?.planned { Ok(()) } else { bail!("not yet") }
    })
    .await?;
    let status = stack.workers[0].terminate(Duration::from_secs(28)).await?;
    assert!(status.success(), "{status}");
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60).await
}
