//! The event at the end of a job, and the notification that it leads to.

use crate::support::{ORG, PUBLISH, Stack, number};
use anyhow::{Context, Result, bail};
use shared::contracts::eventing::Changed;
use shared::jobs::JobState;
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

#[tokio::test]
async fn without_a_user_the_one_of_the_authorization_is_notified() -> Result<()> {
    let stack = Stack::start(2, 1).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.assert_quoted(&id, 2).await?;
    assert!(stack.event_of(&id).await?.get("UserId__c").is_none());
    assert_eq!(stack.notifications(1).await?[0].recipient, stack.user("admin").await?.as_str());
    Ok(())
}

#[tokio::test]
async fn a_failing_opportunity_is_counted_and_its_error_told() -> Result<()> {
    let stack = Stack::start(5, 1).await?;
    let ids = stack.all().await?;
    let refusal = FaultAction::record_error("Quote", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "é".repeat(400));
    stack.fault(Fault::new(refusal.for_records(ids[1].as_str())).always()).await?;
    let id = stack.changed("transaction-1", ids).await?;
    let job = stack.ends(&id, JobState::Completed).await?;
    assert_eq!((job.succeeded, job.failed), (4, 1));
    let event = stack.event_of(&id).await?;
    assert_eq!(event["Status__c"], "completed");
    assert_eq!((number(&event, "Quotes__c"), number(&event, "Failed__c")), (Some(4), Some(1)));
    let message = event["Message__c"].as_str().context("no message")?;
    assert!(message.starts_with("FIELD_CUSTOM_VALIDATION_EXCEPTION: éé"), "{message}");
    assert_eq!(message.chars().count(), 255);
    Ok(())
}

#[tokio::test]
async fn when_no_quote_can_be_made_the_event_says_failed() -> Result<()> {
    let stack = Stack::start(3, 1).await?;
    stack.fault(Fault::new(FaultAction::record_error("Quote", "INVALID_FIELD", "no")).always()).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.ends(&id, JobState::Completed).await?;
    let event = stack.event_of(&id).await?;
    assert_eq!((event["Status__c"].as_str(), number(&event, "Failed__c")), (Some("failed"), Some(3)));
    assert_eq!(stack.notifications(1).await?[0].title, "Quotes: failed");
    Ok(())
}

#[tokio::test]
async fn a_plan_that_fails_is_told() -> Result<()> {
    let stack = Stack::start(3, 1).await?;
    let fault = FaultAction::status(400, "MALFORMED_QUERY", "unexpected token");
    stack.fault(Fault::new(fault).path("/query").times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.ends(&id, JobState::Failed).await?;
    let event = stack.event_of(&id).await?;
    assert_eq!(event["Status__c"], "failed");
    assert!(event["Message__c"].as_str().is_some_and(|text| text.contains("MALFORMED_QUERY")), "{event}");
    stack.assert_quotes(0).await
}

#[tokio::test]
async fn a_chunk_that_is_given_up_is_told() -> Result<()> {
    let stack = Stack::start(30, 1).await?;
    // The second chunk's.
    let last = stack.all().await?[29];
    let fault = FaultAction::status(400, "INVALID_TYPE", "no such object");
    stack.fault(Fault::new(fault).path(last.as_15()).skip(1).always()).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    let job = stack.ends(&id, JobState::Completed).await?;
    assert_eq!((job.dead_chunks, job.succeeded, job.failed), (1, 20, 10));
    let event = stack.event_of(&id).await?;
    assert_eq!(event["Status__c"], "failed");
    assert_eq!((number(&event, "Quotes__c"), number(&event, "Failed__c")), (Some(20), Some(10)));
    assert!(event["Message__c"].as_str().is_some_and(|text| text.contains("INVALID_TYPE")), "{event}");
    Ok(())
}

#[tokio::test]
async fn a_cancelled_job_is_told() -> Result<()> {
    let stack = Stack::start(60, 1).await?;
    stack.org.set_costs(&test_support::Costs { call_ms: 300, ..test_support::Costs::default() }).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    eventually(Duration::from_secs(30), "it is planned", async || {
        if stack.job(&id).await?.planned { Ok(()) } else { bail!("not yet") }
    })
    .await?;
    stack.jobs.cancel(ORG, &id).await?;
    let job = stack.ends(&id, JobState::Cancelled).await?;
    let event = stack.event_of(&id).await?;
    assert_eq!((event["Status__c"].as_str(), number(&event, "Quotes__c")), (Some("cancelled"), Some(job.succeeded)));
    stack.assert_quotes(job.succeeded).await
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_is_not_published_again() -> Result<()> {
    let stack = Stack::start(3, 1).await?;
    let fault = stack.fault(Fault::new(FaultAction::DropAfter).path(PUBLISH).times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.hit(fault).await?;
    stack.assert_quoted(&id, 3).await?;
    assert!(stack.logs().contains("the event of an earlier run was published"));
    assert_eq!(stack.org.fault_hits(fault).await?, 1);
    stack.notifications(1).await.map(drop)
}

#[tokio::test]
async fn an_event_that_was_lost_itself_is_published_again() -> Result<()> {
    let stack = Stack::start(3, 1).await?;
    // Others' events are read and passed over.
    let before = stack.changed("transaction-0", stack.all().await?).await?;
    stack.assert_quoted(&before, 3).await?;
    for (lost, action) in ["transaction-1", "transaction-2"]
        .iter()
        .zip([FaultAction::DropBefore, FaultAction::status(503, "SERVER_UNAVAILABLE", "busy")])
    {
        let fault = stack.fault(Fault::new(action).path(PUBLISH).times(1)).await?;
        let id = stack.create(lost, Changed::Records(stack.all().await?), None).await?;
        stack.hit(fault).await?;
        stack.ends(&id, JobState::Completed).await?;
        assert_eq!(number(&stack.event_of(&id).await?, "Quotes__c"), Some(3));
    }
    assert!(stack.logs().contains("whether the event was published is not known"));
    stack.notifications(3).await.map(drop)
}

#[tokio::test]
async fn an_event_that_is_refused_ends_the_job_with_the_reason() -> Result<()> {
    let stack = Stack::start(1, 1).await?;
    let fault = FaultAction::status(403, "INSUFFICIENT_ACCESS", "no permission");
    stack.fault(Fault::new(fault).path(PUBLISH).always()).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    let job = stack.ends(&id, JobState::Completed).await?;
    assert!(job.reason.as_deref().is_some_and(|reason| reason.contains("INSUFFICIENT_ACCESS")), "{job:?}");
    assert_eq!(stack.events().await?.len(), 0);
    stack.assert_quotes(1).await
}
