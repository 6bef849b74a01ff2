//! Salesforce or AppLink fail; the load goes on, waits for people, or says why it cannot.

use crate::support::{ORG, Stack};
use anyhow::Result;
use std::time::Duration;
use test_support::{Fault, FaultAction, FaultBody};

async fn survives(fault: Fault) -> Result<()> {
    let stack = Stack::start(1).await?;
    let fault = stack.fault(fault).await?;
    let browser = stack.load(500).await?;
    stack.hit(fault).await?;
    stack.assert_loaded(&browser, 500).await
}

#[tokio::test]
async fn unavailable_for_some_seconds() -> Result<()> {
    let fault = FaultAction::status(503, "SERVER_UNAVAILABLE", "busy");
    survives(Fault::new(fault).org(ORG).path("/jobs/").always().lasting(Duration::from_secs(5))).await
}

#[tokio::test]
async fn answers_that_are_lost() -> Result<()> {
    for (method, path) in [("POST", "/jobs/ingest"), ("PUT", "/batches"), ("PATCH", "/jobs/ingest/")] {
        survives(Fault::new(FaultAction::DropAfter).method(method).path(path).times(1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn accounts_that_meet_what_passes_by_itself() -> Result<()> {
    for code in ["UNABLE_TO_LOCK_ROW", "UNKNOWN_EXCEPTION"] {
        let busy = FaultAction::record_error("Account", code, "for a moment");
        survives(Fault::new(busy).method("POST").path("/jobs/ingest").times(1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn pages_in_place_of_answers() -> Result<()> {
    for (method, path) in [("PATCH", "/jobs/ingest"), ("PUT", "/batches"), ("GET", "/successfulResults")] {
        let page = FaultAction::instead(200, FaultBody::Html);
        survives(Fault::new(page).method(method).path(path).times(1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_orgs_api_limit_pauses_and_fails_nothing() -> Result<()> {
    let fault = FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    survives(Fault::new(fault).path("/jobs/").times(3)).await
}

#[tokio::test]
async fn an_expired_session_is_renewed() -> Result<()> {
    let stack = Stack::start(1).await?;
    let slow = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 500 }).path("/batches").times(2)).await?;
    let browser = stack.load(500).await?;
    stack.hit(slow).await?;
    stack.org.expire_sessions(ORG).await?;
    stack.assert_loaded(&browser, 500).await
}

#[tokio::test]
async fn an_org_that_knows_no_key_field_says_so_once() -> Result<()> {
    let stack = Stack::start(1).await?;
    let words = "No such column 'LoadKey__c' on entity 'Account'.";
    stack.fault(Fault::new(FaultAction::status(400, "INVALID_FIELD", words)).path("/query").times(1)).await?;
    let browser = stack.load(500).await?;
    let card = stack.shows(&browser, ">Failed<").await?;
    assert!(card.contains("INVALID_FIELD") && card.contains("No such column"), "{card}");
    assert_eq!(stack.loaded().await?, 0);
    // Deployed meanwhile, and tried again.
    stack.press(&browser, "resume").await?;
    stack.assert_loaded(&browser, 500).await
}
