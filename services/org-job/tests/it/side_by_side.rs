//! Calls of an org that go side by side: as many as it may have, and no more.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use test_support::{Calls, Costs, Fault, FaultAction, eventually};

/// A stack whose workers publish no progress, since those calls are beside the limit, and take chunks of the usual size.
async fn start(opportunities: u32, workers: usize, settings: &[(&'static str, &'static str)]) -> Result<Stack> {
    let mut stack = Stack::start(opportunities, 2, 0).await?;
    stack.progress_events = false;
    stack.worker_settings = [&[("CHUNK_SIZE", "215")], settings].concat();
    for number in 1..=workers {
        stack.add_worker(&format!("worker.{number}")).await?;
    }
    stack.org.reset_counters(ORG).await?;
    Ok(stack)
}

fn of(calls: &Calls, operation: &str) -> u64 {
    calls.by_operation.get(operation).copied().unwrap_or_default()
}

/// One after the other are a query and one round of graphs, whatever the number of requests that these take.
#[tokio::test]
async fn a_small_job_takes_one_query_and_its_graphs_side_by_side() -> Result<()> {
    for (opportunities, graphs) in [(10, 1), (160, 3), (214, 3)] {
        let stack = start(opportunities, 1, &[]).await?;
        stack.org.set_costs(&Costs { call_ms: 500, ..Costs::default() }).await?;
        let id = stack.post(ALL).await?;
        stack.assert_quoted(&id, opportunities.into(), (2 * opportunities).into()).await?;
        let counters = stack.org.counters(ORG).await?;
        // The web process asks once in an hour which fields there are.
        let total = counters.calls.total - of(&counters.calls, "describe");
        let calls = (of(&counters.calls, "query"), of(&counters.calls, "graph"), total);
        assert_eq!(calls, (1, graphs, 1 + graphs), "{opportunities}: {counters:?}");
        assert_eq!(counters.concurrent.max, graphs, "{opportunities}: {counters:?}");
    }
    Ok(())
}

/// A bigger one has its count with the first page of the rest, and its first chunk is not read again.
#[tokio::test]
async fn what_the_plan_has_read_is_not_read_again() -> Result<()> {
    for threshold in [0, 50_000] {
        let mut stack = start(500, 0, &[]).await?;
        stack.bulk_threshold = threshold;
        stack.add_worker("worker.1").await?;
        let id = stack.post(ALL).await?;
        stack.assert_quoted(&id, 500, 1_000).await?;
        let calls = stack.org.counters(ORG).await?.calls;
        // Two for the plan, one for each of the other two chunks; 3, 3 and 1 requests of 75 graphs at most.
        assert_eq!((of(&calls, "query"), of(&calls, "graph")), (4, 7), "{calls:?}");
    }
    Ok(())
}

/// The condition decides what a job covers; that a chunk cannot be read is the chunk's error.
#[tokio::test]
async fn a_plan_does_without_the_first_chunk_when_that_cannot_be_read() -> Result<()> {
    let stack = start(100, 1, &[]).await?;
    let refused = FaultAction::status(400, "INVALID_FIELD", "No such column 'Quantity'");
    let refused = stack.fault(Fault::new(refused).path("/query").times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 100, 200).await?;
    assert_eq!(stack.org.fault_hits(refused).await?, 1);
    assert_eq!(of(&stack.org.counters(ORG).await?.calls, "query"), 3);
    Ok(())
}

/// Over all workers and all jobs, with requests that go side by side.
#[tokio::test]
async fn calls_of_an_org_stay_within_its_limit_over_workers_and_jobs() -> Result<()> {
    let stack = start(400, 3, &[("ORG_CONCURRENCY", "4"), ("WORKER_CONCURRENCY", "3")]).await?;
    stack.org.set_costs(&Costs { call_ms: 60, ..Costs::default() }).await?;
    let (mut jobs, mut reached) = (Vec::new(), 0);
    for number in 0..12 {
        jobs.push(stack.post(ALL).await?);
        // Some come together, some while the last ones of those before go side by side.
        if number % 3 == 2 {
            eventually(Duration::from_secs(60), "few are left", async || {
                let mut open = 0;
                for id in &jobs {
                    open += u32::from(stack.job(id).await?["state"] != "completed");
                }
                ensure!(open <= 1, "{open} are open");
                Ok(())
            })
            .await?;
            let max = stack.org.counters(ORG).await?.concurrent.max;
            ensure!(max <= 4, "{max} calls at a time");
            reached = reached.max(max);
        }
    }
    for id in &jobs {
        let job = stack.reaches(id, "completed").await?;
        assert_eq!((&job["succeeded"], &job["failed"]), (&json!(400), &json!(0)), "{job}");
    }
    let counters = stack.org.counters(ORG).await?;
    assert_eq!(reached.max(counters.concurrent.max), 4, "{counters:?}");
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 12 * 400);
    Ok(())
}

/// And not only when one of its own chunk has been answered: meanwhile the room would be nobody's.
#[tokio::test]
async fn a_request_that_waits_goes_when_another_job_has_left_room() -> Result<()> {
    const CALL: Duration = Duration::from_secs(4);
    let stack = start(214, 1, &[("ORG_CONCURRENCY", "4")]).await?;
    stack.org.set_costs(&Costs { call_ms: 4_000, ..Costs::default() }).await?;
    let first = stack.post(ALL).await?;
    eventually(Duration::from_secs(60), "the first job reads", async || {
        let calls = stack.org.counters(ORG).await?.calls;
        ensure!(of(&calls, "query") == 1, "{calls:?}");
        Ok(())
    })
    .await?;
    // It writes with three calls at a time when this one begins to, which has one left then, and two requests that wait.
    tokio::time::sleep(CALL / 2).await;
    let second = stack.post(ALL).await?;
    stack.reaches(&first, "completed").await?;
    stack.org.reset_counters(ORG).await?;
    stack.reaches(&second, "completed").await?;
    let counters = stack.org.counters(ORG).await?;
    assert_eq!(counters.concurrent.max, 3, "{counters:?}");
    Ok(())
}
