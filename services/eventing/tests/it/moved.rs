//! An operator authorizes another org under the name that jobs know: a job works in its own org, or not at all.

use crate::support::{ORG, Stack};
use anyhow::{Context, Result, ensure};
use shared::contracts::eventing::{Changed, QuoteChanges};
use shared::contracts::samples::DeleteSamples;
use shared::jobs::{JobId, JobState, JobView, NewJob};
use std::time::Duration;
use test_support::{Fault, FaultAction, MovingAddon, Org, User, eventually};

const OTHER: &str = "my-org-sales-a";

/// An org with its administrator.
type Side = (Org, User);

/// Both orgs with the same amount of sample Opportunities, and an add-on whose authorization is of the first.
async fn start(opportunities: u32) -> Result<(Stack, Side, Side)> {
    let mut stack = Stack::without_workers(opportunities, 2).await?;
    stack.org.seed(OTHER, opportunities, 2).await?;
    let (own, other) = (stack.org.org(ORG).await?, stack.org.org(OTHER).await?);
    stack.addon = Some(MovingAddon::start(&own.0, &own.1).await);
    stack.org.reset_counters(ORG).await?;
    stack.org.reset_counters(OTHER).await?;
    Ok((stack, own, other))
}

fn moves(stack: &Stack, (org, user): &Side) -> Result<()> {
    stack.addon.as_ref().context("no add-on")?.moves_to(org, user);
    Ok(())
}

/// As long as the add-on's last word is taken for its present one.
async fn some_time() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

/// A job of the version before, which tells no org.
async fn of_before(stack: &Stack) -> Result<JobId> {
    let (transaction_key, changed) = ("t-1".to_owned(), Changed::Records(stack.all().await?));
    let params = QuoteChanges { transaction_key, changed, user: None, org_id: None };
    let job = NewJob { version: 1, ..NewJob::of(&params, ORG, "change-events")? };
    Ok(stack.jobs.create(job).await?.id)
}

/// The other org was not asked for anything, and the job says why.
async fn assert_refused(stack: &Stack, job: &JobView, own: &Side, other: &Side) -> Result<()> {
    let letters = stack.jobs.dead_letters(ORG, &job.id).await?.unwrap_or_default();
    let mut reasons: Vec<_> = letters.into_iter().map(|letter| letter.reason).collect();
    reasons.extend(job.reason.clone());
    ensure!(!reasons.is_empty(), "{job:?}");
    for reason in reasons {
        for part in ["`my-org`", &own.0.id, &other.0.id, "again and retry"] {
            ensure!(reason.contains(part), "{part}: {reason}");
        }
    }
    nothing_in(stack, OTHER).await
}

async fn nothing_in(stack: &Stack, org: &str) -> Result<()> {
    let calls = stack.org.counters(org).await?.calls;
    ensure!(calls.total == 0, "{org}: {calls:?}");
    let quotes = stack.org.count(org, "SELECT COUNT() FROM Quote").await?;
    ensure!(quotes == 0, "{quotes} Quotes in {org}");
    Ok(())
}

/// Its worker finds the other org under the name from the start.
#[tokio::test]
async fn a_job_that_was_made_for_an_org_does_nothing_in_another() -> Result<()> {
    let (mut stack, own, other) = start(3).await?;
    let org_id = Some(own.0.id.parse()?);
    // One that names its records, one over all that changed since.
    let ids = stack.all().await?;
    let records = stack.create_for("t-1", Changed::Records(ids), None, org_id).await?;
    let since = Changed::Since(chrono::Utc::now() - chrono::TimeDelta::hours(1));
    let since = stack.create_for("t-2", since, None, org_id).await?;
    let delete = NewJob::of(&DeleteSamples { hard_delete: false, org_id }, ORG, "operator")?;
    let delete = stack.jobs.create(delete).await?.id;
    moves(&stack, &other)?;
    stack.add_worker("worker.1").await?;
    for id in [&records, &since, &delete] {
        let job = stack.ends(id, JobState::Failed).await?;
        assert_refused(&stack, &job, &own, &other).await?;
    }
    nothing_in(&stack, ORG).await?;
    // Moved back, as the reason says, it can be tried again.
    moves(&stack, &own)?;
    some_time().await;
    stack.jobs.retry(ORG, &records, None).await?;
    stack.ends(&records, JobState::Completed).await?;
    stack.assert_quotes(3).await?;
    nothing_in(&stack, OTHER).await
}

/// It waits for its user to authorize again.
#[tokio::test]
async fn a_job_stays_in_the_org_where_its_first_task_began() -> Result<()> {
    let (mut stack, own, other) = start(3).await?;
    stack.org.expire_sessions(ORG).await?;
    let id = of_before(&stack).await?;
    stack.add_worker("worker.1").await?;
    eventually(Duration::from_secs(60), "the job waits for its user", async || {
        let job = stack.job(&id).await?;
        let refused = job.reason.as_deref().is_some_and(|reason| reason.contains("INVALID_SESSION_ID"));
        ensure!(refused && job.paused_until.is_some(), "{job:?}");
        Ok(())
    })
    .await?;
    moves(&stack, &other)?;
    let job = stack.ends(&id, JobState::Failed).await?;
    assert_refused(&stack, &job, &own, &other).await
}

#[tokio::test]
async fn a_job_whose_authorization_moves_in_the_middle_of_a_task_goes_on_nowhere() -> Result<()> {
    let (mut stack, own, other) = start(60).await?;
    stack.add_worker("worker.1").await?;
    let held =
        stack.fault(Fault::new(FaultAction::DelayBefore { ms: 1_500 }).path("/composite/graph").always()).await?;
    let id = of_before(&stack).await?;
    stack.hit(held).await?;
    moves(&stack, &other)?;
    stack.org.expire_sessions(ORG).await?;
    let job = eventually(Duration::from_secs(90), "the job ends", async || {
        let job = stack.job(&id).await?;
        ensure!(job.state.is_final(), "{job:?}");
        Ok(job)
    })
    .await?;
    ensure!(job.dead_chunks > 0, "{job:?}");
    assert_refused(&stack, &job, &own, &other).await
}

/// A worker has a session of the org before, whose token is still good.
#[tokio::test]
async fn a_worker_asks_again_for_a_job_of_the_org_to_which_the_authorization_moved() -> Result<()> {
    let (mut stack, own, other) = start(2).await?;
    stack.add_worker("worker.1").await?;
    let first = stack.create_for("t-1", Changed::Records(stack.all().await?), None, Some(own.0.id.parse()?)).await?;
    stack.assert_quoted(&first, 2).await?;
    moves(&stack, &other)?;
    some_time().await;
    let rows =
        stack.org.query(OTHER, "SELECT Id FROM Opportunity WHERE Name LIKE 'Sample Opportunity%'").await?.records;
    let ids = rows.iter().map(|row| Ok(row["Id"].as_str().context("no Id")?.parse()?)).collect::<Result<_>>()?;
    let second = stack.create_for("t-2", Changed::Records(ids), None, Some(other.0.id.parse()?)).await?;
    stack.ends(&second, JobState::Completed).await?;
    assert_eq!(stack.org.count(OTHER, "SELECT COUNT() FROM Quote").await?, 2);
    stack.assert_quotes(2).await
}
