//! Salesforce takes too long: the caller is told in time, and a repeated call comes to a good end.

use crate::support::{GRAPH, ORG, Stack, quote_id, refusal};
use anyhow::{Result, bail};
use reqwest::{Method, Response};
use serde_json::json;
use std::time::{Duration, Instant};
use test_support::{Fault, FaultAction, eventually};

async fn call(stack: &Stack, opportunity: &str) -> Result<Response> {
    let request = stack.call(Method::POST, "/api/generatequote").await?.header("Idempotency-Key", "once");
    Ok(request.json(&json!({ "opportunityId": opportunity })).send().await?)
}

async fn too_late(stack: &Stack, opportunity: &str) -> Result<()> {
    let started = Instant::now();
    let refused = refusal(call(stack, opportunity).await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (504, "gateway_timeout"), "{refused:?}");
    assert!(refused.2.contains("Idempotency-Key") && refused.2.contains("may have been written"), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(25), "long before Salesforce's answer");
    Ok(())
}

#[tokio::test]
async fn a_quote_whose_answer_comes_too_late_is_found_by_the_repeated_call() -> Result<()> {
    let mut stack = Stack::start_with_deadline(2).await?;
    let opportunity = stack.opportunity(2).await?;
    stack.fault(Fault::new(FaultAction::DelayAfter { ms: 60_000 }).path(GRAPH).times(1)).await?;
    too_late(&stack, &opportunity).await?;
    assert_eq!(stack.counts().await?, (1, 2));
    let _first = stack.another_web(28).await?;
    let quote = quote_id(call(&stack, &opportunity).await?).await?;
    assert_eq!(stack.counts().await?, (1, 2));
    assert_eq!(stack.total(&quote).await?, Some(180.0));
    Ok(())
}

#[tokio::test]
async fn a_query_that_takes_too_long_writes_nothing() -> Result<()> {
    let stack = Stack::start_with_deadline(2).await?;
    let opportunity = stack.opportunity(2).await?;
    stack.fault(Fault::new(FaultAction::DelayAfter { ms: 60_000 }).path("/query").times(1)).await?;
    too_late(&stack, &opportunity).await?;
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_big_quote_that_takes_too_long_leaves_nothing_behind() -> Result<()> {
    let mut stack = Stack::start_with_deadline(10).await?;
    let opportunity = stack.big_opportunity(1_200).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 60_000 }).path(GRAPH).skip(1).times(1)).await?;
    let stack_ref = &stack;
    let (answered, ()) = tokio::try_join!(too_late(stack_ref, &opportunity), async {
        stack_ref.hit(held).await?;
        assert_eq!(
            stack_ref.org.count(ORG, "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '%:staging'").await?,
            1
        );
        Ok(())
    })?;
    let () = answered;
    eventually(Duration::from_secs(30), "the incomplete Quote is gone", async || {
        let counts = stack.counts().await?;
        if counts == (0, 0) { Ok(()) } else { bail!("{counts:?}") }
    })
    .await?;
    let _first = stack.another_web(28).await?;
    quote_id(call(&stack, &opportunity).await?).await?;
    assert_eq!(stack.counts().await?, (1, 1_200));
    Ok(())
}

#[tokio::test]
async fn the_last_part_of_a_big_quote_comes_too_late() -> Result<()> {
    let mut stack = Stack::start_with_deadline(10).await?;
    let opportunity = stack.big_opportunity(600).await?;
    stack.fault(Fault::new(FaultAction::DelayAfter { ms: 60_000 }).path(GRAPH).skip(1).times(1)).await?;
    too_late(&stack, &opportunity).await?;
    let _first = stack.another_web(28).await?;
    quote_id(call(&stack, &opportunity).await?).await?;
    assert_eq!(stack.counts().await?, (1, 600));
    Ok(())
}

#[tokio::test]
async fn a_process_told_to_stop_cleans_up_first() -> Result<()> {
    let mut stack = Stack::start_with_deadline(10).await?;
    let opportunity = stack.big_opportunity(600).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 60_000 }).path(GRAPH).skip(1).times(1)).await?;
    let request = stack.call(Method::POST, "/api/generatequote").await?.json(&json!({ "opportunityId": opportunity }));
    let running = tokio::spawn(request.send());
    stack.hit(held).await?;
    assert!(stack.web.terminate(Duration::from_secs(28)).await?.success());
    assert_eq!(running.await??.status().as_u16(), 504);
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}
