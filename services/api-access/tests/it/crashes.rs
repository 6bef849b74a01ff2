//! Workers die; exactly the Accounts that were asked for are there in the end.

use crate::support::{SEEDED, Stack};
use anyhow::{Result, bail};
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

/// Accounts of a load: three chunks.
const COUNT: u32 = 500;
/// Long enough that a process is killed while it waits.
const BEFORE: FaultAction = FaultAction::DelayBefore { ms: 60_000 };
const AFTER: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

/// Kills the worker while a call waits, and lets another one go on.
async fn killed_at(fault: Fault) -> Result<Stack> {
    let mut stack = Stack::start(1).await?;
    let fault = stack.fault(fault.times(1)).await?;
    let browser = stack.load(COUNT).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_loaded(&browser, u64::from(COUNT)).await?;
    Ok(stack)
}

#[tokio::test]
async fn worker_killed_while_planning() -> Result<()> {
    killed_at(Fault::new(BEFORE).path("/query")).await.map(drop)
}

#[tokio::test]
async fn worker_killed_before_it_learns_the_bulk_jobs_id() -> Result<()> {
    killed_at(Fault::new(AFTER).path("/jobs/ingest").method("POST")).await.map(drop)
}

#[tokio::test]
async fn worker_killed_during_the_upload() -> Result<()> {
    killed_at(Fault::new(BEFORE).path("/batches").method("PUT")).await.map(drop)
}

#[tokio::test]
async fn worker_killed_after_the_upload_and_before_the_closing() -> Result<()> {
    killed_at(Fault::new(AFTER).path("/batches").method("PUT")).await.map(drop)
}

#[tokio::test]
async fn worker_killed_after_the_closing_and_before_its_answer() -> Result<()> {
    killed_at(Fault::new(AFTER).path("/jobs/ingest/").method("PATCH")).await.map(drop)
}

#[tokio::test]
async fn worker_killed_while_polling_sends_nothing_again() -> Result<()> {
    // With one chunk the call that waits is that chunk's.
    let mut stack = Stack::start(1).await?;
    let fault = stack.fault(Fault::new(BEFORE).path("/jobs/ingest/").method("GET").times(1)).await?;
    let browser = stack.load(150).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_loaded(&browser, 150).await?;
    assert_eq!((stack.calls("ingestCreate").await?, stack.calls("ingestUpload").await?), (1, 1));
    Ok(())
}

#[tokio::test]
async fn worker_killed_while_it_reads_results_counts_them_once() -> Result<()> {
    killed_at(Fault::new(AFTER).path("successfulResults")).await.map(drop)
}

#[tokio::test]
async fn all_workers_killed_in_the_middle_of_a_load() -> Result<()> {
    let mut stack = Stack::start(3).await?;
    stack.org.set_costs(&test_support::Costs { row_us: 500, ..test_support::Costs::default() }).await?;
    let browser = stack.load(999).await?;
    eventually(Duration::from_secs(30), "some are written", async || {
        if stack.loaded().await? > 0 { Ok(()) } else { bail!("none yet") }
    })
    .await?;
    for worker in &mut stack.workers {
        worker.kill().await?;
    }
    stack.add_worker("worker.4").await?;
    stack.assert_loaded(&browser, 999).await
}

#[tokio::test]
async fn a_worker_that_hung_and_comes_back_changes_nothing() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let fault =
        stack.fault(Fault::new(FaultAction::DelayAfter { ms: 300 }).path("/batches").method("PUT").times(1)).await?;
    let browser = stack.load(COUNT).await?;
    stack.hit(fault).await?;
    stack.workers[0].freeze()?;
    stack.add_worker("successor").await?;
    stack.assert_loaded(&browser, u64::from(COUNT)).await?;
    stack.workers[0].thaw()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    stack.assert_loaded(&browser, u64::from(COUNT)).await
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_its_work_back() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    stack.org.set_costs(&test_support::Costs { row_us: 5_000, ..test_support::Costs::default() }).await?;
    let browser = stack.load(999).await?;
    eventually(Duration::from_secs(30), "some are written", async || {
        if stack.loaded().await? > 0 { Ok(()) } else { bail!("none yet") }
    })
    .await?;
    let status = stack.workers[0].terminate(Duration::from_secs(28)).await?;
    assert!(status.success(), "{status}");
    stack.org.set_costs(&test_support::Costs::default()).await?;
    stack.add_worker("successor").await?;
    stack.assert_loaded(&browser, 999).await
}

#[tokio::test]
async fn worker_killed_during_a_reset() -> Result<()> {
    for fault in [
        Fault::new(BEFORE).path("/batches").method("PUT"),
        Fault::new(BEFORE).path("/jobs/ingest/").method("GET"),
        Fault::new(AFTER).path("successfulResults"),
    ] {
        let mut stack = Stack::start(1).await?;
        let browser = stack.load(COUNT).await?;
        stack.assert_loaded(&browser, u64::from(COUNT)).await?;
        let fault = stack.fault(fault.times(1)).await?;
        stack.press(&browser, "reset").await?;
        stack.hit(fault).await?;
        stack.workers[0].kill().await?;
        stack.add_worker("successor").await?;
        stack.shows(&browser, "500 accounts deleted").await?;
        assert_eq!(stack.accounts().await?, SEEDED);
    }
    Ok(())
}
