//! Salesforce fails; the job goes on, and only what is at fault fails.

use crate::support::{ALL, ORG, Stack};
use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use test_support::{Fault, FaultAction};

const GRAPH: &str = "/composite/graph";

async fn survives(fault: Fault) -> Result<()> {
    let stack = Stack::start(60, 2, 2).await?;
    let fault = stack.fault(fault).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.assert_quoted(&id, 60, 120).await?;
    assert_eq!(stack.job(&id).await?["failed"], 0);
    Ok(())
}

#[tokio::test]
async fn unavailable_once() -> Result<()> {
    survives(Fault::new(FaultAction::status(503, "SERVER_UNAVAILABLE", "busy")).path(GRAPH).times(1)).await
}

#[tokio::test]
async fn unavailable_for_thirty_seconds() -> Result<()> {
    let fault = FaultAction::status(503, "SERVER_UNAVAILABLE", "busy");
    survives(Fault::new(fault).always().lasting(Duration::from_secs(30))).await
}

#[tokio::test]
async fn a_big_quote_waits_out_thirty_seconds_of_refused_writes() -> Result<()> {
    let stack = Stack::start(1, 600, 1).await?;
    let fault = FaultAction::status(503, "SERVER_UNAVAILABLE", "busy");
    stack.fault(Fault::new(fault).path(GRAPH).always().lasting(Duration::from_secs(30))).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 1, 600).await
}

#[tokio::test]
async fn connection_dropped_before_and_after_the_commit() -> Result<()> {
    survives(Fault::new(FaultAction::DropBefore).path(GRAPH).times(2)).await?;
    survives(Fault::new(FaultAction::DropAfter).path(GRAPH).times(2)).await
}

#[tokio::test]
async fn locked_rows() -> Result<()> {
    let fault =
        FaultAction::record_error("Quote", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record");
    survives(Fault::new(fault).path(GRAPH).times(2)).await
}

#[tokio::test]
async fn the_orgs_api_limit_pauses_and_fails_nothing() -> Result<()> {
    let fault = FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    survives(Fault::new(fault).path(GRAPH).times(3)).await
}

#[tokio::test]
async fn an_expired_session_waits_for_resume() -> Result<()> {
    let stack = Stack::start(60, 2, 1).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 500 }).path("/query").times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    stack.org.expire_sessions(ORG).await?;
    let job = stack.reaches(&id, "needsAuthorization").await?;
    assert_eq!(job["failed"], 0, "{job}");
    stack.act(&id, "resume").await?;
    stack.assert_quoted(&id, 60, 120).await
}

/// Opportunities whose line cannot be priced, because its override is no percentage.
pub(crate) async fn add_unpriceable(stack: &Stack, count: usize) -> Result<()> {
    let entry =
        stack.org.query(ORG, "SELECT Id, Pricebook2Id FROM PricebookEntry WHERE IsActive = TRUE LIMIT 1").await?;
    let entry = &entry.records[0];
    for number in 0..count {
        let fields = json!({ "Name": format!("Sample Opportunity bad {number}"), "StageName": "Prospecting", "CloseDate": "2026-12-31", "Pricebook2Id": entry["Pricebook2Id"] });
        let opportunity = stack.org.create(ORG, "Opportunity", &fields).await?;
        let line = json!({ "OpportunityId": opportunity, "PricebookEntryId": entry["Id"], "UnitPrice": 5, "Quantity": 1, "DiscountOverride__c": 101 });
        stack.org.create(ORG, "OpportunityLineItem", &line).await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_bad_opportunity_among_three_hundred_fails_alone() -> Result<()> {
    let stack = Stack::start(299, 1, 2).await?;
    add_unpriceable(&stack, 1).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 299, 299).await?;
    assert_eq!(stack.job(&id).await?["failed"], 1);
    let errors = stack.errors(&id).await?;
    assert_eq!(errors.len(), 1);
    assert!(errors[0]["message"].as_str().is_some_and(|message| message.contains("DiscountOverride__c")), "{errors:?}");
    Ok(())
}

#[tokio::test]
async fn twenty_refused_graphs_in_one_request_fail_alone() -> Result<()> {
    let stack = Stack::start(5, 1, 1).await?;
    let entry =
        stack.org.query(ORG, "SELECT Id, Pricebook2Id FROM PricebookEntry WHERE IsActive = TRUE LIMIT 1").await?;
    let entry = &entry.records[0];
    for number in 0..20 {
        let fields = json!({ "Name": format!("Sample Opportunity refused {number}"), "StageName": "Prospecting", "CloseDate": "2026-12-31", "Pricebook2Id": entry["Pricebook2Id"] });
        let opportunity = stack.org.create(ORG, "Opportunity", &fields).await?;
        let line =
            json!({ "OpportunityId": opportunity, "PricebookEntryId": entry["Id"], "UnitPrice": 5, "Quantity": 1 });
        stack.org.create(ORG, "OpportunityLineItem", &line).await?;
    }
    let fault = FaultAction::record_error("Quote", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "refused by a rule")
        .for_records("refused");
    stack.fault(Fault::new(fault).path(GRAPH).always()).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 5, 5).await?;
    let errors = stack.errors(&id).await?;
    assert_eq!(errors.len(), 20);
    assert!(errors.iter().all(|error| error["code"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"), "{errors:?}");
    Ok(())
}

#[tokio::test]
async fn a_chunk_that_was_given_up_is_shown_and_retried() -> Result<()> {
    let stack = Stack::start(60, 2, 1).await?;
    let refused = FaultAction::status(400, "INVALID_FIELD", "No such column 'Quantity'");
    // The plan's are two queries, with all that its first chunk needs; the third is the second chunk's.
    stack.fault(Fault::new(refused).path("/query").skip(2).times(1)).await?;
    let id = stack.post(ALL).await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["deadChunks"], &job["failed"], &job["succeeded"]), (&json!(1), &json!(25), &json!(35)), "{job}");
    let request = stack.call(reqwest::Method::GET, &format!("/api/jobs/{id}/deadletters")).await?;
    let letters: serde_json::Value = request.send().await?.error_for_status()?.json().await?;
    let reason = letters["deadLetters"][0]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("INVALID_FIELD"), "{letters}");
    stack.act(&id, "retry").await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["run"], &job["failed"], &job["succeeded"]), (&json!(2), &json!(0), &json!(60)), "{job}");
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 60);
    Ok(())
}
