//! Salesforce or AppLink fail; jobs go on, wait for people, or say why they cannot.

use crate::support::{ORG, PUBLISH, Stack};
use anyhow::{Result, bail};
use shared::contracts::samples::CreateSamples;
use shared::jobs::JobState;
use shared::jobs::NewJob;
use std::time::Duration;
use test_support::{Disconnect, Fault, FaultAction, PubsubSettings, eventually};

#[tokio::test]
async fn an_expired_session_is_renewed_in_every_step() -> Result<()> {
    let stack = Stack::start(50, 1).await?;
    let slow = FaultAction::DelayBefore { ms: 500 };
    for (transaction, path) in [("one", "/query"), ("two", "/composite/graph"), ("three", PUBLISH)] {
        let slow = stack.fault(Fault::new(slow.clone()).path(path).times(1)).await?;
        let id = stack.changed(transaction, stack.all().await?).await?;
        stack.hit(slow).await?;
        stack.org.expire_sessions(ORG).await?;
        stack.ends(&id, JobState::Completed).await?;
        stack.event_of(&id).await?;
    }
    let counts = stack.org.counts(ORG).await?;
    assert_eq!(counts["Quote"], 150);
    Ok(())
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_is_waited_for() -> Result<()> {
    let stack = Stack::start(5, 1).await?;
    let refused = FaultAction::status(401, "INVALID_SESSION_ID", "Session expired or invalid");
    let refused = stack.fault(Fault::new(refused).org(ORG).path("/query").always()).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    eventually(Duration::from_secs(30), "the org rests", async || {
        let job = stack.job(&id).await?;
        if job.paused_until.is_some() { Ok(()) } else { bail!("{job:?}") }
    })
    .await?;
    stack.org.remove_fault(refused).await?;
    stack.assert_quoted(&id, 5).await
}

#[tokio::test]
async fn an_unknown_authorization_fails_the_job_with_the_reason() -> Result<()> {
    let mut stack = Stack::without_workers(1, 2).await?;
    stack.authorization = "nobody";
    stack.add_worker("worker.1").await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    let job = stack.ends(&id, JobState::Failed).await?;
    let reason = job.reason.unwrap_or_default();
    assert!(reason.contains("EVENT_AUTHORIZATION is nobody"), "{reason}");
    assert_eq!(stack.events().await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_orgs_api_limit_pauses_and_fails_nothing() -> Result<()> {
    let stack = Stack::start(50, 1).await?;
    let fault = FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    let fault = stack.fault(Fault::new(fault).path("/services/data").times(4)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(fault).await?;
    stack.assert_quoted(&id, 50).await
}

#[tokio::test]
async fn while_the_event_bus_cannot_be_read_nothing_is_published_twice() -> Result<()> {
    let stack = Stack::start(3, 1).await?;
    let fault = stack.fault(Fault::new(FaultAction::DropAfter).path(PUBLISH).times(1)).await?;
    stack.org.refuse_pubsub(ORG, Disconnect::Unavailable, Duration::from_secs(4)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(fault).await?;
    stack.assert_quoted(&id, 3).await?;
    stack.notifications(1).await.map(drop)
}

/// The event is published and its answer lost, while `trouble` keeps every stream from saying how far the topic goes, though
/// the API answers otherwise. Longer than any silence that could be taken for the end, nothing is published; then `over`
/// ends the trouble, and the step finds the event.
async fn waits_for_an_open_stream(
    trouble: impl AsyncFnOnce(&Stack) -> Result<()>,
    over: impl AsyncFnOnce(&Stack) -> Result<()>,
) -> Result<()> {
    let stack = Stack::start(3, 1).await?;
    trouble(&stack).await?;
    let fault = stack.fault(Fault::new(FaultAction::DropAfter).path(PUBLISH).times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(fault).await?;
    eventually(Duration::from_secs(60), "a look at the event bus", async || {
        if stack.logs().contains("looking for it") { Ok(()) } else { bail!("not yet") }
    })
    .await?;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let job = stack.job(&id).await?;
    assert!(!job.state.is_final(), "the step knows nothing, and ends: {job:?}");
    assert_eq!(stack.events().await?.len(), 1, "published again");
    over(&stack).await?;
    stack.assert_quoted(&id, 3).await?;
    stack.notifications(1).await.map(drop)
}

#[tokio::test]
async fn a_refused_stream_does_not_prove_that_the_event_is_missing() -> Result<()> {
    // What the org may deliver in a day is used up: GetTopic answers, and Subscribe ends with RESOURCE_EXHAUSTED.
    let deliveries = async |stack: &Stack, daily_deliveries| {
        let settings = PubsubSettings { keepalive_ms: 1_000, daily_deliveries, ..PubsubSettings::default() };
        stack.org.set_pubsub_settings(ORG, &settings).await
    };
    waits_for_an_open_stream(
        async |stack| deliveries(stack, Some(0)).await,
        async |stack| deliveries(stack, None).await,
    )
    .await
}

#[tokio::test]
async fn a_silent_stream_does_not_prove_that_the_event_is_missing() -> Result<()> {
    waits_for_an_open_stream(
        async |stack| stack.org.refuse_pubsub(ORG, Disconnect::Silence, Duration::from_secs(600)).await,
        async |stack| stack.org.clear_pubsub_faults(ORG).await,
    )
    .await
}

#[tokio::test]
async fn sample_data_is_made_in_the_name_of_the_authorization() -> Result<()> {
    let stack = Stack::start(0, 1).await?;
    let params = CreateSamples { number_of_opportunities: 20, lines: 2, org_id: None };
    let job = NewJob { request_id: "request".to_owned(), ..NewJob::of(&params, ORG, "operator")? };
    let id = stack.jobs.create(job).await?.id;
    stack.ends(&id, JobState::Completed).await?;
    assert_eq!(stack.org.counts(ORG).await?["Opportunity"], 20);
    Ok(())
}
