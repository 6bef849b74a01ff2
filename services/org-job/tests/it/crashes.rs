//! Processes die; nothing is lost and nothing doubled.

use crate::support::{ALL, Stack};
use anyhow::{Result, bail};
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

/// Long enough that a process is killed while it waits.
const HELD: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

async fn killed_at(fault: Fault) -> Result<()> {
    let mut stack = Stack::start(60, 2, 1).await?;
    let fault = stack.fault(fault).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60, 120).await
}

#[tokio::test]
async fn worker_killed_while_planning() -> Result<()> {
    killed_at(Fault::new(HELD).path("/query").times(1)).await
}

#[tokio::test]
async fn worker_killed_while_planning_goes_on_beside_the_first_chunk() -> Result<()> {
    killed_at(Fault::new(HELD).path("/query").skip(1).times(1)).await
}

#[tokio::test]
async fn worker_killed_after_its_query() -> Result<()> {
    killed_at(Fault::new(HELD).path("/query").skip(2).times(1)).await
}

/// A job whose requests go side by side: of three, two are carried out and the third is not.
#[tokio::test]
async fn worker_killed_while_graphs_go_side_by_side() -> Result<()> {
    let mut stack = Stack::start(160, 2, 0).await?;
    stack.worker_settings = vec![("CHUNK_SIZE", "215")];
    stack.add_worker("worker.1").await?;
    let held =
        stack.fault(Fault::new(FaultAction::DelayBefore { ms: 60_000 }).path("/composite/graph").times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    eventually(Duration::from_secs(30), "the other requests are carried out", async || {
        match stack.org.counts(crate::support::ORG).await?.get("Quote") {
            Some(quotes) if *quotes >= 75 => Ok(()),
            quotes => bail!("{quotes:?} Quotes"),
        }
    })
    .await?;
    stack.workers[0].kill().await?;
    stack.org.clear_faults().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 160, 320).await
}

#[tokio::test]
async fn worker_killed_after_a_graph_was_committed_and_before_its_answer() -> Result<()> {
    killed_at(Fault::new(HELD).path("/composite/graph").times(1)).await
}

#[tokio::test]
async fn worker_killed_before_the_ack() -> Result<()> {
    let mut stack = Stack::start(20, 2, 1).await?;
    let fault = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 500 }).path("/composite/graph").times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    // Redis answers nobody for a while: the worker has its answer from Salesforce and cannot tell anyone.
    stack.redis.pause_clients(Duration::from_secs(4)).await?;
    eventually(Duration::from_secs(10), "the graph request has been answered", async || {
        if stack.org.counters(crate::support::ORG).await?.concurrent.now == 0 { Ok(()) } else { bail!("under way") }
    })
    .await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 20, 40).await
}

#[tokio::test]
async fn worker_killed_in_the_middle_of_a_big_quote() -> Result<()> {
    let mut stack = Stack::start(1, 1_200, 1).await?;
    let fault = stack.fault(Fault::new(HELD).path("/composite/graph").skip(1).times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 1, 1_200).await
}

#[tokio::test]
async fn all_workers_killed_and_new_ones_started() -> Result<()> {
    let mut stack = Stack::start(400, 2, 3).await?;
    stack.org.set_costs(&test_support::Costs { call_ms: 50, ..test_support::Costs::default() }).await?;
    let id = stack.post(ALL).await?;
    eventually(Duration::from_secs(30), "some Quotes exist", async || {
        if stack.job(&id).await?["processed"].as_u64() > Some(0) { Ok(()) } else { bail!("none yet") }
    })
    .await?;
    for worker in &mut stack.workers {
        worker.kill().await?;
    }
    stack.add_worker("worker.4").await?;
    stack.add_worker("worker.5").await?;
    stack.assert_quoted(&id, 400, 800).await
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_its_work_back() -> Result<()> {
    let mut stack = Stack::start(60, 2, 1).await?;
    let fault =
        stack.fault(Fault::new(FaultAction::DelayBefore { ms: 1_000 }).path("/composite/graph").always()).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    let status = stack.workers[0].terminate(Duration::from_secs(28)).await?;
    assert!(status.success(), "{status}");
    stack.org.clear_faults().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60, 120).await
}

#[tokio::test]
async fn a_worker_that_hung_and_comes_back_changes_nothing() -> Result<()> {
    let mut stack = Stack::start(60, 2, 1).await?;
    let fault = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 300 }).path("/composite/graph").times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.workers[0].freeze()?;
    stack.add_worker("successor").await?;
    // The successor takes over what the frozen worker holds, and ends the job.
    stack.assert_quoted(&id, 60, 120).await?;
    let before = stack.job(&id).await?;
    stack.workers[0].thaw()?;
    // Its late word is refused, and it goes on with new work.
    let second = stack.post("Name LIKE 'nobody%'").await?;
    stack.reaches(&second, "completed").await?;
    stack.assert_quoted(&id, 60, 120).await?;
    assert_eq!(stack.job(&id).await?["perWorker"], before["perWorker"]);
    Ok(())
}

#[tokio::test]
async fn web_killed_and_started_again() -> Result<()> {
    let mut stack = Stack::start(100, 2, 2).await?;
    let fault = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 300 }).path("/composite/graph").always()).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.web.kill().await?;
    stack.web.restart().await?;
    stack.assert_quoted(&id, 100, 200).await
}

#[tokio::test]
async fn redis_killed_and_started_again() -> Result<()> {
    let mut stack = Stack::start(200, 2, 2).await?;
    stack.org.set_costs(&test_support::Costs { call_ms: 50, ..test_support::Costs::default() }).await?;
    let id = stack.post(ALL).await?;
    eventually(Duration::from_secs(30), "some Quotes exist", async || {
        if stack.job(&id).await?["processed"].as_u64() > Some(0) { Ok(()) } else { bail!("none yet") }
    })
    .await?;
    stack.redis.kill().await?;
    stack.redis.start_again().await?;
    eventually(Duration::from_secs(30), "the web process has found Redis again", async || {
        stack.job(&id).await.map(drop)
    })
    .await?;
    stack.assert_quoted(&id, 200, 400).await
}
