//! What the event says.

use super::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn job(change: impl FnOnce(&mut JobView)) -> JobView {
    let mut job = JobView {
        id: "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b".parse().unwrap(),
        kind: "quoteChangedOpportunities".to_owned(),
        org: "my-org".to_owned(),
        state: JobState::Finishing,
        params: Value::Null,
        outcome: Some(JobState::Completed),
        planned: true,
        total_chunks: 2,
        done_chunks: 2,
        dead_chunks: 0,
        dropped_chunks: 0,
        running_chunks: 0,
        planned_records: 5,
        processed: 5,
        succeeded: 4,
        skipped: 1,
        failed: 0,
        records_per_second: None,
        errors: 0,
        counters: BTreeMap::from([(QUOTES.to_owned(), 4), ("quoteLineItems".to_owned(), 8)]),
        per_worker: BTreeMap::new(),
        paused_since: None,
        paused_until: None,
        silent_since: None,
        reason: None,
        last_error: None,
        attempts: None,
        next_try_at: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
        started_at: None,
        finished_at: None,
        run: 1,
        request_id: "request".to_owned(),
        created_by: None,
        history: Vec::new(),
    };
    change(&mut job);
    job
}

fn letter(chunk: Option<u64>) -> DeadLetter {
    DeadLetter {
        chunk,
        reason: "no way".to_owned(),
        attempts: 1,
        records: 1,
        payload: String::new(),
        at: chrono::DateTime::UNIX_EPOCH,
    }
}

fn fields(job: &JobView, letters: &[DeadLetter], error: Option<&RecordError>) -> Value {
    serde_json::to_value(Completion::new(job, letters, error, None)).unwrap()
}

#[test]
fn a_job_that_went_well_says_so_and_counts_quotes_not_lines() {
    let user = Some("005000000000001AAA".parse().unwrap());
    let event = serde_json::to_value(Completion::new(&job(|_| {}), &[], None, user)).unwrap();
    assert_eq!(
        event,
        json!({
            "JobId__c": "0193a5b0-c1d2-7e3f-8a4b-5c6d7e8f9a0b", "Status__c": "completed", "Quotes__c": 4, "Skipped__c": 1,
            "Failed__c": 0, "UserId__c": "005000000000001AAA",
        })
    );
}

#[test]
fn a_failed_opportunity_is_counted_and_the_first_error_told() {
    let error = RecordError { record_id: "006".into(), code: "REQUIRED".into(), message: "a field".into() };
    let partly = job(|job| (job.succeeded, job.failed) = (3, 1));
    let event = fields(&partly, &[], Some(&error));
    assert_eq!((&event["Status__c"], &event["Failed__c"]), (&json!("completed"), &json!(1)));
    assert_eq!(event["Message__c"], "REQUIRED: a field");
    let none = job(|job| (job.succeeded, job.skipped, job.failed) = (0, 0, 5));
    assert_eq!(fields(&none, &[], Some(&error))["Status__c"], "failed");
}

#[test]
fn what_was_not_done_is_told() {
    let unplanned = |outcome| {
        job(|job| {
            (job.planned, job.total_chunks, job.processed, job.outcome) = (false, 0, 0, Some(outcome));
        })
    };
    let event = fields(&unplanned(JobState::Failed), &[letter(None)], None);
    assert_eq!((&event["Status__c"], &event["Message__c"]), (&json!("failed"), &json!("no way")));
    let given_up = job(|job| (job.done_chunks, job.dead_chunks, job.failed) = (1, 1, 1));
    let event = fields(&given_up, &[letter(Some(1))], None);
    assert_eq!((&event["Status__c"], &event["Message__c"]), (&json!("failed"), &json!("no way")));
    let dropped = job(|job| {
        (job.done_chunks, job.dropped_chunks, job.outcome) = (1, 1, Some(JobState::Cancelled));
    });
    let all_had_begun = job(|job| job.outcome = Some(JobState::Cancelled));
    for cancelled in [unplanned(JobState::Cancelled), dropped, all_had_begun] {
        let event = fields(&cancelled, &[], None);
        assert_eq!(
            (&event["Status__c"], &event["Message__c"]),
            (&json!("cancelled"), &json!("The job was cancelled."))
        );
    }
}

#[test]
fn a_retried_job_is_told_apart() {
    assert_eq!(fields(&job(|job| job.run = 2), &[], None)["JobId__c"], "0193a5b0-c1d2-7e3f-8a4b-5c6d7e8f9a0b-2");
}

#[test]
fn a_message_is_cut_between_characters() {
    assert_eq!(shortened("héllo", 255), "héllo");
    assert_eq!(shortened("héllo", 2), "hé");
    // Two units each.
    assert_eq!(shortened("😀😀", 3), "😀");
    assert_eq!(shortened(&"x".repeat(300), MESSAGE_UNITS).len(), 255);
}
