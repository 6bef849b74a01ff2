//! Quotes through the Bulk API: the same Quotes as by graphs, each once and with all its lines, whatever breaks.

use crate::faults::add_unpriceable;
use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

const INGEST: &str = "/jobs/ingest";
/// Long enough that a process is killed while it waits.
const HELD: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

/// A stack on which every job goes through the Bulk API.
async fn start(opportunities: u32, lines: u32, workers: usize) -> Result<Stack> {
    start_from(1, opportunities, lines, workers).await
}

async fn start_from(threshold: u32, opportunities: u32, lines: u32, workers: usize) -> Result<Stack> {
    let mut stack = Stack::start(opportunities, lines, 0).await?;
    stack.bulk_threshold = threshold;
    for number in 1..=workers {
        stack.add_worker(&format!("worker.{number}")).await?;
    }
    stack.org.reset_counters(ORG).await?;
    Ok(stack)
}

async fn graphs(stack: &Stack) -> Result<u64> {
    Ok(stack.org.counters(ORG).await?.calls.by_operation.get("graph").copied().unwrap_or_default())
}

#[tokio::test]
async fn quotes_are_those_of_the_rules_and_no_graph_is_sent() -> Result<()> {
    let stack = start(120, 2, 2).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 120, 240).await?;
    assert_eq!(graphs(&stack).await?, 0);
    // Two lines of 1 × 100.00 for a customer in the United States.
    assert_eq!(stack.org.count(ORG, "SELECT COUNT() FROM Quote WHERE TotalPrice = 180").await?, 120);
    assert_eq!(stack.org.count(ORG, "SELECT COUNT() FROM Quote WHERE Name LIKE 'Quote for Sample%'").await?, 120);
    Ok(())
}

#[tokio::test]
async fn the_threshold_decides() -> Result<()> {
    let stack = start_from(61, 60, 2, 1).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 60, 120).await?;
    assert!(graphs(&stack).await? > 0);
    let stack = start_from(60, 60, 2, 1).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 60, 120).await?;
    assert_eq!(graphs(&stack).await?, 0);
    Ok(())
}

#[tokio::test]
async fn nothing_matches() -> Result<()> {
    let stack = start(1, 1, 1).await?;
    let id = stack.post("Name = 'nobody'").await?;
    assert_eq!(stack.reaches(&id, "completed").await?["processed"], 0);
    Ok(())
}

#[tokio::test]
async fn opportunities_without_lines_with_bad_ones_and_with_many() -> Result<()> {
    let stack = start(60, 2, 1).await?;
    let one = stack.org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id LIMIT 1").await?;
    let one = one.records[0]["Id"].as_str().context("no id")?.to_owned();
    stack.org.update(ORG, "Opportunity", &one, &json!({ "CloseDate": "2026-12-31" })).await?;
    add_unpriceable(&stack, 1).await?;
    let bare = json!({ "Name": "Sample Opportunity bare", "StageName": "Prospecting", "CloseDate": "2026-12-31" });
    stack.org.create(ORG, "Opportunity", &bare).await?;
    stack.org.seed(ORG, 1, 600).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 61, 720).await?;
    stack.assert_terms().await?;
    let job = stack.job(&id).await?;
    assert_eq!((&job["skipped"], &job["failed"], &job["processed"]), (&json!(1), &json!(1), &json!(63)), "{job}");
    assert!(stack.errors(&id).await?[0]["message"].as_str().is_some_and(|text| text.contains("DiscountOverride__c")));
    Ok(())
}

#[tokio::test]
async fn an_opportunity_that_does_not_match_any_more_is_part_of_the_job() -> Result<()> {
    let stack = start(20, 2, 1).await?;
    // The plan's are the first two queries, the chunk's is the third.
    let late = Fault::new(FaultAction::DelayBefore { ms: 2_000 }).path("/query").skip(2).times(1);
    let late = stack.fault(late).await?;
    let id = stack.post("StageName = 'Prospecting'").await?;
    stack.hit(late).await?;
    let one = stack.org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id LIMIT 1").await?;
    let one = one.records[0]["Id"].as_str().context("no id")?.to_owned();
    stack.org.update(ORG, "Opportunity", &one, &json!({ "StageName": "Closed Won" })).await?;
    stack.assert_quoted(&id, 20, 40).await
}

async fn killed_at(fault: Fault) -> Result<()> {
    let mut stack = start(60, 2, 1).await?;
    let fault = stack.fault(fault).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.org.clear_faults().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60, 120).await
}

fn created(text: &str) -> Fault {
    Fault::new(HELD).method("POST").path(INGEST).body(text).times(1)
}

#[tokio::test]
async fn worker_killed_while_quotes_are_uploaded() -> Result<()> {
    killed_at(Fault::new(HELD).method("PUT").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_while_quotes_are_processed() -> Result<()> {
    killed_at(Fault::new(HELD).method("GET").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_between_quotes_and_lines() -> Result<()> {
    killed_at(created("QuoteLineItem")).await
}

#[tokio::test]
async fn worker_killed_while_lines_are_uploaded() -> Result<()> {
    killed_at(Fault::new(HELD).method("PUT").path(INGEST).body("Quote.QuoteJobKey__c").times(1)).await
}

#[tokio::test]
async fn worker_killed_after_lines_were_closed() -> Result<()> {
    // Two chunks run at a time, so the first two closings are those of Quotes.
    killed_at(Fault::new(HELD).method("PATCH").path(INGEST).skip(2).times(1)).await
}

#[tokio::test]
async fn worker_killed_between_lines_and_final_keys() -> Result<()> {
    killed_at(created("\"update\"")).await
}

#[tokio::test]
async fn worker_killed_after_the_final_keys_were_closed() -> Result<()> {
    killed_at(Fault::new(HELD).method("PATCH").path(INGEST).skip(4).times(1)).await
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_its_work_back() -> Result<()> {
    let mut stack = start(60, 2, 1).await?;
    let held = Fault::new(FaultAction::DelayBefore { ms: 1_000 }).method("PUT").path(INGEST).always();
    let held = stack.fault(held).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    let status = stack.workers[0].terminate(Duration::from_secs(28)).await?;
    assert!(status.success(), "{status}");
    stack.org.clear_faults().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60, 120).await
}

#[tokio::test]
async fn a_worker_that_hung_and_comes_back_changes_nothing() -> Result<()> {
    let mut stack = start(60, 2, 1).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 300 }).method("PUT").path(INGEST).times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    stack.workers[0].freeze()?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60, 120).await?;
    stack.workers[0].thaw()?;
    let second = stack.post("Name LIKE 'nobody%'").await?;
    stack.reaches(&second, "completed").await?;
    stack.assert_quoted(&id, 60, 120).await
}

/// One Opportunity among many is refused by a rule on `object`, and no other. One of its lines has a quantity of 98,765.
async fn refused_alone(object: &str, contains: &str) -> Result<()> {
    let stack = start(60, 2, 1).await?;
    let one = stack.org.query(ORG, "SELECT Id FROM Opportunity WHERE Name = 'Sample Opportunity 33'").await?;
    let one = one.records[0]["Id"].as_str().context("no id")?.to_owned();
    let line = format!("SELECT Id FROM OpportunityLineItem WHERE OpportunityId = '{one}' LIMIT 1");
    let line = stack.org.query(ORG, &line).await?;
    let line = line.records[0]["Id"].as_str().context("no id")?.to_owned();
    stack.org.update(ORG, "OpportunityLineItem", &line, &json!({ "Quantity": 98_765 })).await?;
    let rule = FaultAction::record_error(object, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "refused by a rule");
    stack.fault(Fault::new(rule.for_records(contains)).always()).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 59, 118).await?;
    let job = stack.job(&id).await?;
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(59), &json!(1)), "{job}");
    let errors = stack.errors(&id).await?;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((&errors[0]["recordId"], &errors[0]["message"]), (&json!(one), &json!("refused by a rule")));
    assert_eq!(errors[0]["code"], "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    Ok(())
}

#[tokio::test]
async fn a_refused_quote_fails_alone() -> Result<()> {
    refused_alone("Quote", "Sample Opportunity 33").await
}

#[tokio::test]
async fn a_quote_with_a_refused_line_is_removed_and_fails_alone() -> Result<()> {
    refused_alone("QuoteLineItem", "98765").await
}

async fn survives(fault: Fault) -> Result<()> {
    let stack = start(60, 2, 1).await?;
    let fault = stack.fault(fault).await?;
    let id = stack.post(ALL).await?;
    stack.hit(fault).await?;
    stack.assert_quoted(&id, 60, 120).await?;
    assert_eq!(stack.job(&id).await?["failed"], 0);
    Ok(())
}

#[tokio::test]
async fn locked_rows() -> Result<()> {
    let locked = FaultAction::record_error("QuoteLineItem", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access");
    survives(Fault::new(locked).times(2)).await
}

#[tokio::test]
async fn the_orgs_api_limit_pauses_and_fails_nothing() -> Result<()> {
    let limit = FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    survives(Fault::new(limit).path(INGEST).skip(6).times(3)).await
}

#[tokio::test]
async fn uploads_and_closings_without_an_answer() -> Result<()> {
    survives(Fault::new(FaultAction::DropAfter).method("PUT").path(INGEST).skip(2).times(1)).await?;
    survives(Fault::new(FaultAction::DropAfter).method("PATCH").path(INGEST).skip(3).times(4)).await
}

#[tokio::test]
async fn an_expired_session_waits_for_resume() -> Result<()> {
    let stack = start(60, 2, 1).await?;
    let held = Fault::new(FaultAction::DelayBefore { ms: 500 }).method("PUT").path(INGEST).skip(2).times(1);
    let held = stack.fault(held).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    stack.org.expire_sessions(ORG).await?;
    let job = stack.reaches(&id, "needsAuthorization").await?;
    assert_eq!(job["failed"], 0, "{job}");
    stack.act(&id, "resume").await?;
    stack.assert_quoted(&id, 60, 120).await
}

#[tokio::test]
async fn cancelling_leaves_no_incomplete_quote() -> Result<()> {
    let stack = start(200, 2, 1).await?;
    // Lines wait, so the Quotes of two chunks exist under staging keys.
    let held = Fault::new(FaultAction::DelayBefore { ms: 2_000 }).method("POST").path(INGEST).body("QuoteLineItem");
    let held = stack.fault(held.always()).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    assert!(stack.org.counts(ORG).await?["Quote"] > 0);
    stack.act(&id, "cancel").await?;
    let job = stack.reaches(&id, "cancelled").await?;
    assert!(job["droppedChunks"].as_u64() > Some(0), "{job}");
    eventually(Duration::from_secs(10), "no call is under way", async || {
        if stack.org.counters(ORG).await?.concurrent.now == 0 { Ok(()) } else { bail!("under way") }
    })
    .await?;
    let complete = stack.job(&id).await?["counters"]["quotes"].as_u64().unwrap_or_default();
    let counts = stack.org.counts(ORG).await?;
    let left = |object: &str| counts.get(object).copied().unwrap_or_default();
    assert_eq!((left("Quote"), left("QuoteLineItem")), (complete, 2 * complete));
    Ok(())
}
