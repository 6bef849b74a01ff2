//! Answers that the API never gives: none of them is taken for success, nothing hangs, and nothing is given up for it.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Result, bail};
use serde_json::json;
use std::time::Duration;
use test_support::{Fault, FaultAction, FaultBody, eventually};

const GRAPH: &str = "/composite/graph";
const INGEST: &str = "/jobs/ingest";
/// What an org writes when it does not say which field is the one.
const UNKNOWN_DUPLICATE: &str = "duplicate value found: <unknown> duplicates value on record with id: <unknown>";

async fn start(bulk_threshold: u32, opportunities: u32) -> Result<Stack> {
    let mut stack = Stack::start(opportunities, 2, 0).await?;
    stack.bulk_threshold = bulk_threshold;
    stack.add_worker("worker.1").await?;
    Ok(stack)
}

/// The job is completed as if nothing had been, after each of these was hit.
async fn survives(bulk_threshold: u32, faults: impl IntoIterator<Item = Fault>) -> Result<()> {
    let stack = start(bulk_threshold, 20).await?;
    let mut set = Vec::new();
    for fault in faults {
        set.push(stack.fault(fault).await?);
    }
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 20, 40).await?;
    let job = stack.job(&id).await?;
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(20), &json!(0)), "{job}");
    for fault in set {
        assert!(stack.org.fault_hits(fault).await? > 0, "fault {fault} was not hit");
    }
    Ok(())
}

fn page(status: u16) -> FaultAction {
    FaultAction::instead(status, FaultBody::Html)
}

#[tokio::test]
async fn a_bulk_job_whose_closing_is_answered_with_a_page() -> Result<()> {
    survives(1, [Fault::new(page(200)).method("PATCH").path(INGEST).skip(1).times(1)]).await
}

#[tokio::test]
async fn a_bulk_job_that_stays_open_is_begun_anew() -> Result<()> {
    // Every closing of the first load: the client gives up, asks, and finds it open.
    survives(1, [Fault::new(page(200)).method("PATCH").path(INGEST).body("UploadComplete").times(4)]).await
}

#[tokio::test]
async fn an_upload_answered_with_another_status() -> Result<()> {
    let taken = FaultAction::afterwards(200, FaultBody::Empty);
    let lost = FaultAction::instead(200, FaultBody::Empty);
    survives(1, [taken, lost].map(|action| Fault::new(action).method("PUT").path(INGEST).times(1))).await
}

#[tokio::test]
async fn graphs_answered_with_a_page_before_and_after_the_commit() -> Result<()> {
    let after = FaultAction::afterwards(200, FaultBody::Html);
    survives(0, [page(200), after].map(|action| Fault::new(action).path(GRAPH).times(1))).await
}

#[tokio::test]
async fn records_that_meet_what_passes_by_itself() -> Result<()> {
    for code in ["REQUEST_RUNNING_TOO_LONG", "UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE"] {
        let fault = Fault::new(FaultAction::record_error("Quote", code, "for a moment")).path(GRAPH).times(1);
        survives(0, [fault]).await?;
    }
    let busy = FaultAction::record_error("QuoteLineItem", "UNKNOWN_EXCEPTION", "for a moment");
    survives(1, [Fault::new(busy).method("POST").path(INGEST).body("QuoteLineItem").times(1)]).await
}

#[tokio::test]
async fn statuses_without_a_body_that_pass_by_themselves() -> Result<()> {
    for status in [423, 425, 404, 403] {
        let fault = |path| Fault::new(FaultAction::instead(status, FaultBody::Empty)).path(path).times(1);
        survives(0, [fault(GRAPH), fault("/query")]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_quote_that_is_there_is_found_when_the_duplicate_is_not_named() -> Result<()> {
    // The first request is committed, its answer says that it was rolled back, and the second one meets its Quotes.
    let locked = json!([{ "errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access" }]);
    let lied = FaultAction::afterwards(400, FaultBody::Json { value: locked });
    let unnamed = FaultAction::record_error("Quote", "DUPLICATE_VALUE", UNKNOWN_DUPLICATE);
    survives(0, [lied, unnamed].map(|action| Fault::new(action).path(GRAPH).times(1))).await
}

#[tokio::test]
async fn a_duplicate_of_another_field_fails_in_salesforces_words() -> Result<()> {
    let stack = start(0, 3).await?;
    let unnamed = FaultAction::record_error("Quote", "DUPLICATE_VALUE", UNKNOWN_DUPLICATE);
    stack.fault(Fault::new(unnamed).path(GRAPH).always()).await?;
    let id = stack.post(ALL).await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(0), &json!(3)), "{job}");
    let errors = stack.errors(&id).await?;
    assert!(errors.iter().all(|error| error["code"] == "DUPLICATE_VALUE"), "{errors:?}");
    Ok(())
}

/// A chunk writes its Quotes in bulk, and the worker dies. What Redis held of the bulk job is gone, as after a failover
/// that lost its last writes: what exists is asked for all the same.
#[tokio::test]
async fn a_chunk_whose_note_is_lost_looks_what_exists() -> Result<()> {
    let mut stack = start(1, 20).await?;
    let held = Fault::new(FaultAction::DelayAfter { ms: 60_000 }).method("PATCH").path(INGEST).skip(2).times(1);
    let held = stack.fault(held).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.org.clear_faults().await?;
    eventually(Duration::from_secs(30), "the final keys are there", async || {
        let complete = "SELECT COUNT() FROM Quote WHERE NOT QuoteJobKey__c LIKE '%:staging'";
        if stack.org.count(ORG, complete).await? == 20 { Ok(()) } else { bail!("not yet") }
    })
    .await?;
    let forget = "for _, key in ipairs(redis.call('KEYS', '*flags:*')) do redis.call('HDEL', key, 'bulk:0') end";
    stack.redis.command(&["EVAL", forget, "0"]).await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 20, 40).await?;
    let job = stack.job(&id).await?;
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(20), &json!(0)), "{job}");
    Ok(())
}
