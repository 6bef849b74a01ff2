//! What the events say.

use super::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn job(planned: bool, processed: u64, dropped_chunks: u64, reason: Option<&str>) -> JobView {
    JobView {
        id: "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b".parse().unwrap(),
        kind: "generateQuotes".to_owned(),
        org: "00D000000000001AAA".to_owned(),
        state: JobState::Running,
        params: Value::Null,
        outcome: None,
        planned,
        total_chunks: 4,
        done_chunks: 1,
        dead_chunks: 0,
        dropped_chunks,
        running_chunks: 1,
        planned_records: 200,
        processed,
        succeeded: processed,
        skipped: 0,
        failed: 0,
        records_per_second: None,
        errors: 0,
        counters: BTreeMap::new(),
        per_worker: BTreeMap::new(),
        paused_since: None,
        paused_until: None,
        silent_since: None,
        reason: reason.map(str::to_owned),
        last_error: None,
        attempts: None,
        next_try_at: None,
        created_at: serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap(),
        started_at: None,
        finished_at: None,
        run: 1,
        request_id: "request".to_owned(),
        created_by: None,
        history: Vec::new(),
    }
}

#[test]
fn fields_are_those_of_the_event() {
    assert_eq!(
        serde_json::to_value(ProgressEvent::on_the_way(&job(true, 50, 0, None))).unwrap(),
        json!({
            "JobId__c": "0193a5b0-c1d2-7e3f-8a4b-5c6d7e8f9a0b", "State__c": "running", "Percent__c": 25,
            "Progress__c": 25, "Planned__c": 200, "Processed__c": 50, "Succeeded__c": 50, "Skipped__c": 0, "Failed__c": 0,
        })
    );
}

#[test]
fn a_hundred_percent_are_told_at_the_end_only() {
    assert_eq!(ProgressEvent::on_the_way(&job(true, 200, 0, None)).percent, 99);
    assert_eq!(ProgressEvent::at_end(&job(false, 0, 0, Some("no"))).percent, 100);
    let nothing = JobView { planned_records: 0, ..job(true, 0, 0, None) };
    assert_eq!(ProgressEvent::on_the_way(&nothing).percent, 0);
}

#[test]
fn the_end_is_told_as_the_job_will_show_it() {
    for outcome in [JobState::Completed, JobState::Cancelled, JobState::Failed] {
        // Whatever else the job shows: one that its hold has cancelled has a reason and drops nothing.
        for (planned, dropped, reason) in [(true, 0, None), (true, 3, None), (false, 0, Some("nobody authorized it"))] {
            let job = JobView { outcome: Some(outcome), ..job(planned, 0, dropped, reason) };
            assert_eq!(ProgressEvent::at_end(&job).state, outcome);
        }
    }
}
