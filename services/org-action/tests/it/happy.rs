//! What a caller sees when nothing breaks.

use crate::support::{GRAPH, Line, ORG, Stack, quote_id, refusal};
use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

#[tokio::test]
async fn a_synchronous_quote_takes_two_calls() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(2).await?;
    stack.org.reset_counters(ORG).await?;
    let quote = stack.quote(&opportunity).await?;
    let calls = stack.org.counters(ORG).await?.calls;
    assert_eq!((calls.total, calls.by_operation["query"], calls.by_operation["graph"]), (2, 1, 1), "{calls:?}");
    assert_eq!(stack.counts().await?, (1, 2));
    assert_eq!(stack.total(&quote).await?, Some(180.0));
    // Thirty days after the Opportunity's close date.
    let terms = stack.org.query(ORG, "SELECT Status, ExpirationDate, Opportunity.CloseDate FROM Quote").await?;
    let terms = &terms.records[0];
    let day = |value: &Value| value.as_str().unwrap_or_default().parse::<chrono::NaiveDate>();
    let valid = day(&terms["ExpirationDate"])? - day(&terms["Opportunity"]["CloseDate"])?;
    assert_eq!((terms["Status"].as_str(), valid.num_days()), (Some("Draft"), 30), "{terms}");
    // The short form of the Id is the same Opportunity.
    stack.quote(&opportunity[..15]).await?;
    assert_eq!(stack.counts().await?, (2, 4));
    Ok(())
}

#[tokio::test]
async fn an_asynchronous_quote_calls_back_once() -> Result<()> {
    let stack = Stack::start(1).await?;
    let (_, user) = stack.org.org(ORG).await?;
    let opportunity = stack.opportunity(2).await?;
    let job = stack.quote_async(&opportunity).await?;
    let body = stack.only_callback(&job).await?;
    let quote = body["quoteId"].as_str().unwrap_or_default();
    assert_eq!(stack.total(quote).await?, Some(180.0), "{body}");
    assert!(body.get("error").is_none(), "{body}");
    let callback = &stack.receiver.received()[0];
    assert_eq!((callback.method.as_str(), callback.target.as_str()), ("POST", "/callback/1"));
    assert_eq!(callback.header("authorization"), Some(format!("Bearer {}", user.access_token).as_str()));
    assert_eq!(callback.header("idempotency-key"), Some(format!("{job}-1").as_str()));
    assert_eq!(callback.header("content-type"), Some("application/json"));
    assert!(callback.header("x-request-id").is_some_and(|id| !id.is_empty()));
    let ended = stack.ended(&job).await?;
    assert_eq!(
        (&ended["state"], &ended["succeeded"], &ended["reason"]),
        (&json!("completed"), &json!(1), &Value::Null)
    );
    Ok(())
}

#[tokio::test]
async fn a_job_posted_while_no_worker_runs_is_done_when_one_starts() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.add_worker("late").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    Ok(())
}

#[tokio::test]
async fn prices_are_those_of_the_rules() -> Result<()> {
    let stack = Stack::start(1).await?;
    let line = Line::default();
    for (lines, total) in [
        (vec![Line { price: 0.0, ..line }], 0.0),
        (vec![Line { quantity: 0.0, ..line }], 0.0),
        (vec![line, Line { price: 0.0, ..line }, Line { quantity: 0.0, ..line }], 90.0),
        (vec![Line { discount: Some(50.0), ..line }], 50.0),
        (vec![Line { discount: Some(0.0), ..line }], 100.0),
    ] {
        let opportunity = stack.opportunity_of(&lines).await?;
        let quote = stack.quote(&opportunity).await?;
        assert_eq!(stack.total(&quote).await?, Some(total), "{lines:?}");
    }
    Ok(())
}

#[tokio::test]
async fn six_hundred_lines_both_ways() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.big_opportunity(600).await?;
    let quote = stack.quote(&opportunity).await?;
    assert_eq!(stack.counts().await?, (1, 600));
    let lines = format!("SELECT COUNT() FROM QuoteLineItem WHERE QuoteId = '{quote}'");
    assert_eq!(stack.org.count(ORG, &lines).await?, 600);
    let job = stack.quote_async(&opportunity).await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (2, 1_200));
    assert_eq!(stack.org.count(ORG, "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '%:staging'").await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_quoted_is_said() -> Result<()> {
    let stack = Stack::start(0).await?;
    let unknown = refusal(stack.try_quote("006LO000000zzzz").await?).await?;
    assert_eq!((unknown.0, unknown.1.as_str()), (404, "not_found"));
    let empty = stack.opportunity(0).await?;
    let refused = refusal(stack.try_quote(&empty).await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (404, "NO_LINE_ITEMS"));
    let overdone = stack.opportunity_of(&[Line { discount: Some(101.0), ..Line::default() }]).await?;
    let refused = refusal(stack.try_quote(&overdone).await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (422, "NUMBER_OUTSIDE_VALID_RANGE"));
    assert!(refused.2.contains("DiscountOverride__c"), "{refused:?}");
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn salesforces_failures_have_their_status() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let words = "The Quote violates a rule.";
    for (fault, status, code) in [
        (
            Fault::new(FaultAction::record_error("Quote", "FIELD_CUSTOM_VALIDATION_EXCEPTION", words)),
            422,
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        ),
        (Fault::new(FaultAction::status(400, "INVALID_FIELD", words)).path("/query"), 422, "INVALID_FIELD"),
        (
            Fault::new(FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
            503,
            "REQUEST_LIMIT_EXCEEDED",
        ),
        (Fault::new(FaultAction::status(503, "SERVER_UNAVAILABLE", "busy")).path("/query"), 503, "service_unavailable"),
        (Fault::new(FaultAction::status(503, "SERVER_UNAVAILABLE", "busy")).path(GRAPH), 503, "service_unavailable"),
        (
            Fault::new(FaultAction::record_error("Quote", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")),
            503,
            "UNABLE_TO_LOCK_ROW",
        ),
    ] {
        stack.fault(fault.always()).await?;
        let answer = stack.try_quote(&opportunity).await?;
        let retry_after = answer.headers().contains_key("retry-after");
        let refused = refusal(answer).await?;
        assert_eq!((refused.0, refused.1.as_str(), retry_after), (status, code, status == 503), "{refused:?}");
        assert!(status != 422 || refused.2 == words, "{refused:?}");
        stack.org.clear_faults().await?;
    }
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn passing_faults_are_waited_out() -> Result<()> {
    let stack = Stack::start(0).await?;
    let busy = || FaultAction::status(503, "SERVER_UNAVAILABLE", "busy");
    for fault in [
        Fault::new(busy()).path("/query"),
        Fault::new(busy()).path(GRAPH),
        Fault::new(FaultAction::DropBefore).path(GRAPH),
        Fault::new(FaultAction::DropAfter).path(GRAPH),
    ] {
        let opportunity = stack.opportunity(1).await?;
        let (before, _) = stack.counts().await?;
        let fault = stack.fault(fault.times(1)).await?;
        stack.quote(&opportunity).await?;
        assert_eq!(stack.org.fault_hits(fault).await?, 1);
        assert_eq!(stack.counts().await?.0, before + 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_expired_session_is_said() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let request = stack.call(Method::POST, "/api/generatequote").await?;
    stack.org.expire_sessions(ORG).await?;
    let refused = refusal(request.json(&json!({ "opportunityId": opportunity })).send().await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (401, "session_expired"));
    Ok(())
}

#[tokio::test]
async fn without_redis_the_synchronous_call_works_and_the_asynchronous_one_says_so() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    stack.redis.kill().await?;
    stack.quote(&opportunity).await?;
    let request = stack.call(Method::POST, "/api/generatequoteasync").await?;
    let body = json!({ "opportunityId": opportunity, "callbackUrl": stack.receiver.url("/callback/1") });
    let refused = refusal(request.json(&body).send().await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (503, "service_unavailable"));
    let ready = stack.anonymous(Method::GET, "/ready")?.send().await?;
    assert_eq!(ready.status().as_u16(), 503);
    assert!(ready.json::<Value>().await?["failing"]["redis"].is_string());
    assert!(stack.anonymous(Method::GET, "/health")?.send().await?.status().is_success());
    // It starts without Redis too, and finds it again.
    stack.web.restart().await?;
    stack.quote(&opportunity).await?;
    stack.redis.start_again().await?;
    eventually(Duration::from_secs(30), "the web process has found Redis again", async || {
        let ready = stack.anonymous(Method::GET, "/ready")?.send().await?;
        if ready.status().is_success() { Ok(()) } else { bail!("{}", ready.status()) }
    })
    .await
}

#[tokio::test]
async fn the_openapi_document_is_served() -> Result<()> {
    let stack = Stack::start(0).await?;
    let document = stack.anonymous(Method::GET, "/api-docs.yaml")?.send().await?.text().await?;
    assert!(document.contains("quoteGeneratedCallback"));
    Ok(())
}

#[tokio::test]
async fn a_web_process_told_to_stop_answers_what_it_has_begun() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 1_500 }).path(GRAPH).times(1)).await?;
    let request = stack.call(Method::POST, "/api/generatequote").await?.json(&json!({ "opportunityId": opportunity }));
    let running = tokio::spawn(request.send());
    stack.hit(held).await?;
    assert!(stack.web.terminate(Duration::from_secs(28)).await?.success());
    quote_id(running.await??).await?;
    assert_eq!(stack.counts().await?, (1, 1));
    Ok(())
}
