//! Sample data is made and deleted by jobs: exactly what was asked for, whatever breaks, and never anybody else's records.

use crate::support::{ALL, ORG, Stack, digits};
use anyhow::{Context, Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

const INGEST: &str = "/jobs/ingest";
/// Long enough that a process is killed while it waits.
const HELD: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

impl Stack {
    /// Posts without a body, and gives the job's id.
    async fn start_job(&self, path: &str) -> Result<String> {
        let answer = self.call(Method::POST, path).await?.send().await?;
        if answer.status() != StatusCode::ACCEPTED {
            bail!("{path} answered {}: {}", answer.status(), answer.text().await?);
        }
        let answer: Value = answer.json().await?;
        Ok(answer["jobId"].as_str().context("no jobId")?.to_owned())
    }

    async fn create_samples(&self, opportunities: u32, lines: u32) -> Result<String> {
        self.start_job(&format!("/api/data/create?numberOfOpportunities={opportunities}&lines={lines}")).await
    }

    async fn rows(&self, soql: &str) -> Result<Vec<Value>> {
        Ok(self.org.query(ORG, soql).await?.records)
    }

    /// The job is completed, and the org has exactly its Opportunities and lines, each once.
    async fn assert_created(&self, id: &str, opportunities: u64, lines: u64) -> Result<()> {
        let job = self.reaches(id, "completed").await?;
        let counter = |name: &str| job["counters"][name].as_u64().unwrap_or_default();
        assert_eq!((counter("opportunities"), counter("opportunityLineItems")), (opportunities, lines), "{job}");
        assert_eq!((&job["succeeded"], &job["failed"]), (&json!(opportunities), &json!(0)), "{job}");
        for (object, expected) in [("Opportunity", opportunities), ("OpportunityLineItem", lines)] {
            let keyed = format!("SELECT COUNT() FROM {object} WHERE SampleDataKey__c LIKE '{}:%'", digits(id));
            assert_eq!(self.org.count(ORG, &keyed).await?, expected, "{object}");
            assert_eq!(self.org.counts(ORG).await?[object], expected, "{object}");
        }
        let twice = "SELECT Name, COUNT(Id) FROM Opportunity GROUP BY Name HAVING COUNT(Id) > 1";
        assert_eq!(self.org.count(ORG, twice).await?, 0);
        Ok(())
    }
}

#[tokio::test]
async fn opportunities_are_made_with_lines_of_several_products_at_their_prices() -> Result<()> {
    let stack = Stack::start(0, 0, 2).await?;
    let id = stack.create_samples(60, 3).await?;
    stack.assert_created(&id, 60, 180).await?;
    let distinct = async |soql: &str, read: fn(&Value) -> &Value| -> Result<usize> {
        Ok(stack.rows(soql).await?.iter().map(|row| read(row).to_string()).collect::<BTreeSet<_>>().len())
    };
    let countries = "SELECT Account.BillingCountry FROM Opportunity";
    assert!(distinct(countries, |row| &row["Account"]["BillingCountry"]).await? >= 5);
    let families = "SELECT Product2.Family FROM OpportunityLineItem";
    assert!(distinct(families, |row| &row["Product2"]["Family"]).await? >= 3);
    assert!(distinct("SELECT Quantity FROM OpportunityLineItem", |row| &row["Quantity"]).await? >= 5);
    for line in stack.rows("SELECT UnitPrice, PricebookEntry.UnitPrice FROM OpportunityLineItem").await? {
        assert_eq!(line["UnitPrice"], line["PricebookEntry"]["UnitPrice"], "{line}");
    }
    // What was made is fit for the pattern's main job.
    let quotes = stack.post(ALL).await?;
    stack.assert_quoted(&quotes, 60, 180).await
}

#[tokio::test]
async fn only_sample_data_is_deleted_and_quotes_go_with_it() -> Result<()> {
    // The same names as sample data, but not ours.
    let stack = Stack::start(7, 2, 2).await?;
    let first = stack.create_samples(40, 2).await?;
    let second = stack.create_samples(30, 1).await?;
    for id in [&first, &second] {
        stack.reaches(id, "completed").await?;
    }
    let quotes = stack.post(ALL).await?;
    stack.assert_quoted(&quotes, 77, 124).await?;
    let id = stack.start_job("/api/data/delete").await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["processed"], &job["succeeded"], &job["failed"]), (&json!(70), &json!(70), &json!(0)), "{job}");
    let counts = stack.org.counts(ORG).await?;
    let left = |object: &str| counts.get(object).copied().unwrap_or_default();
    assert_eq!((left("Opportunity"), left("OpportunityLineItem"), left("Quote")), (7, 14, 7));
    let id = stack.start_job("/api/data/delete").await?;
    assert_eq!(stack.reaches(&id, "completed").await?["processed"], 0, "there is nothing more");
    Ok(())
}

#[tokio::test]
async fn hard_delete_without_the_permission_fails_the_job_and_deletes_nothing() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let id = stack.create_samples(10, 1).await?;
    stack.assert_created(&id, 10, 10).await?;
    let delete = stack.start_job("/api/data/delete?hardDelete=true").await?;
    let job = stack.reaches(&delete, "failed").await?;
    let reason = job["reason"].as_str().unwrap_or_default().to_lowercase();
    assert!(reason.contains("hard"), "{job}");
    stack.assert_created(&id, 10, 10).await
}

#[tokio::test]
async fn parameters_out_of_bounds_are_refused_by_name() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let refused = async |path: &str, field: &str| -> Result<()> {
        let answer = stack.call(Method::POST, path).await?.send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let body: Value = answer.json().await?;
        assert_eq!(body["error"]["field"], field, "{path}: {body}");
        Ok(())
    };
    for bad in ["-5", "abc", "1e3", "", "0", "1000001"] {
        refused(&format!("/api/data/create?numberOfOpportunities={bad}"), "numberOfOpportunities").await?;
    }
    for bad in ["0", "11", "-1", ""] {
        refused(&format!("/api/data/create?numberOfOpportunities=10&lines={bad}"), "lines").await?;
    }
    refused("/api/data/delete?hardDelete=yes", "hardDelete").await?;
    let anonymous = stack.anonymous(Method::POST, "/api/data/delete")?.send().await?;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_job() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let post = async || -> Result<String> {
        let request = stack.call(Method::POST, "/api/data/create?numberOfOpportunities=5").await?;
        let answer = request.header("Idempotency-Key", "five").send().await?.error_for_status()?;
        Ok(answer.json::<Value>().await?["jobId"].as_str().context("no jobId")?.to_owned())
    };
    let (first, second) = (post().await?, post().await?);
    assert_eq!(first, second);
    stack.assert_created(&first, 5, 10).await
}

async fn killed_at(fault: Fault) -> Result<()> {
    let mut stack = Stack::start(0, 0, 1).await?;
    let fault = stack.fault(fault).await?;
    let id = stack.create_samples(60, 2).await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.org.clear_faults().await?;
    stack.add_worker("successor").await?;
    stack.assert_created(&id, 60, 120).await
}

#[tokio::test]
async fn worker_killed_while_a_load_is_created() -> Result<()> {
    killed_at(Fault::new(HELD).method("POST").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_before_an_upload_arrives() -> Result<()> {
    killed_at(Fault::new(FaultAction::DelayBefore { ms: 60_000 }).method("PUT").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_after_an_upload() -> Result<()> {
    killed_at(Fault::new(HELD).method("PUT").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_after_a_load_was_closed() -> Result<()> {
    killed_at(Fault::new(HELD).method("PATCH").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_while_it_waits_for_a_load() -> Result<()> {
    killed_at(Fault::new(HELD).method("GET").path(INGEST).times(1)).await
}

#[tokio::test]
async fn worker_killed_between_opportunities_and_lines() -> Result<()> {
    killed_at(Fault::new(HELD).method("POST").path(INGEST).body("OpportunityLineItem").times(1)).await
}

#[tokio::test]
async fn worker_killed_after_the_lines_were_closed() -> Result<()> {
    // Two chunks run at a time, so the first two closings are those of Opportunities.
    killed_at(Fault::new(HELD).method("PATCH").path(INGEST).skip(2).times(1)).await
}

#[tokio::test]
async fn worker_killed_while_it_deletes() -> Result<()> {
    let mut stack = Stack::start(3, 1, 1).await?;
    let id = stack.create_samples(60, 1).await?;
    stack.reaches(&id, "completed").await?;
    let fault = stack.fault(Fault::new(HELD).method("PATCH").path(INGEST).body("UploadComplete").times(1)).await?;
    let id = stack.start_job("/api/data/delete").await?;
    stack.hit(fault).await?;
    stack.workers[0].kill().await?;
    stack.org.clear_faults().await?;
    stack.add_worker("successor").await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["processed"], &job["succeeded"]), (&json!(60), &json!(60)), "{job}");
    assert_eq!(stack.org.counts(ORG).await?["Opportunity"], 3);
    Ok(())
}

#[tokio::test]
async fn a_refused_opportunity_among_many_fails_alone() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let rule = FaultAction::record_error("Opportunity", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "refused by a rule");
    stack.fault(Fault::new(rule.for_records("Sample Opportunity 33")).always()).await?;
    let id = stack.create_samples(60, 2).await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(59), &json!(1)), "{job}");
    let errors = stack.errors(&id).await?;
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["recordId"], "Sample Opportunity 33");
    assert_eq!(errors[0]["code"], "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    let counts = stack.org.counts(ORG).await?;
    assert_eq!((counts["Opportunity"], counts["OpportunityLineItem"]), (59, 118));
    Ok(())
}

async fn survives(fault: Fault) -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let fault = stack.fault(fault).await?;
    let id = stack.create_samples(60, 2).await?;
    stack.hit(fault).await?;
    stack.assert_created(&id, 60, 120).await
}

#[tokio::test]
async fn the_orgs_api_limit_pauses_and_fails_nothing() -> Result<()> {
    let limit = FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    survives(Fault::new(limit).path(INGEST).skip(3).times(3)).await
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_made_again() -> Result<()> {
    survives(Fault::new(FaultAction::DropAfter).method("PUT").path(INGEST).times(1)).await?;
    survives(Fault::new(FaultAction::DropBefore).method("PUT").path(INGEST).times(1)).await
}

#[tokio::test]
async fn a_closing_without_an_answer_is_not_repeated_blindly() -> Result<()> {
    survives(Fault::new(FaultAction::DropAfter).method("PATCH").path(INGEST).times(4)).await
}

#[tokio::test]
async fn an_expired_session_waits_for_resume() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let held =
        stack.fault(Fault::new(FaultAction::DelayBefore { ms: 500 }).method("PUT").path(INGEST).times(1)).await?;
    let id = stack.create_samples(60, 2).await?;
    stack.hit(held).await?;
    stack.org.expire_sessions(ORG).await?;
    let job = stack.reaches(&id, "needsAuthorization").await?;
    assert_eq!(job["failed"], 0, "{job}");
    stack.act(&id, "resume").await?;
    stack.assert_created(&id, 60, 120).await
}

#[tokio::test]
async fn cancelling_stops_the_load_at_work() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let held =
        stack.fault(Fault::new(FaultAction::DelayBefore { ms: 3_000 }).method("PUT").path(INGEST).always()).await?;
    let id = stack.create_samples(200, 2).await?;
    stack.hit(held).await?;
    stack.act(&id, "cancel").await?;
    let job = stack.reaches(&id, "cancelled").await?;
    assert!(job["droppedChunks"].as_u64() > Some(0), "{job}");
    stack.org.clear_faults().await?;
    let made = stack.org.counts(ORG).await?.get("Opportunity").copied().unwrap_or_default();
    assert!(made < 200, "{made}");
    eventually(Duration::from_secs(10), "no load is open", async || {
        if stack.org.counters(ORG).await?.concurrent.now == 0 { Ok(()) } else { bail!("under way") }
    })
    .await?;
    let after = stack.org.counts(ORG).await?.get("Opportunity").copied().unwrap_or_default();
    assert_eq!(made, after, "nothing is made after the job has ended");
    Ok(())
}
