use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::json;

use super::{JOB, ROOT, bulk, id, info, info_with, job, never};
use crate::bulk::{JobFilter, JobInfo, JobRef, JobState, JobType, PollSettings};
use crate::test_server::{Reply, TestServer, error, reply};
use crate::{Error, ErrorKind};

fn ingest() -> JobRef {
    JobRef::ingest(job())
}

#[test]
fn answers_are_read_in_all_their_shapes() {
    let full: JobInfo = serde_json::from_str(&info("JobComplete")).unwrap();
    assert_eq!(
        (full.state, full.number_records_processed, full.total_processing_time),
        (JobState::JobComplete, 3, 374)
    );
    assert_eq!((full.api_version.as_deref(), full.object.as_deref()), (Some("62.0"), Some("Account")));
    assert_eq!(full.created_date.unwrap().to_rfc3339(), "2023-01-17T14:20:03+00:00");
    assert_eq!(full.created_by_id, Some(id("0058Z000007lKMAQA2")));

    let bare: JobInfo = serde_json::from_value(json!({ "id": JOB })).unwrap();
    assert_eq!((bare.state, bare.number_records_failed, bare.api_version), (JobState::Unknown, 0, None));

    for version in [json!(53), json!(53.0), json!("53.0"), json!("v53.0"), json!("53")] {
        let changes = json!({"apiVersion": version, "numberRecordsProcessed": "17", "retries": null, "state": "New1"});
        let info: JobInfo = serde_json::from_str(&info_with(changes)).unwrap();
        assert_eq!((info.api_version.as_deref(), info.number_records_processed), (Some("53.0"), 17), "{version}");
        assert_eq!((info.state, info.state.is_final()), (JobState::Unknown, false));
    }
}

#[test]
fn failures_are_sorted() {
    let info: JobInfo = serde_json::from_str(&info_with(
        json!({"state": "Failed", "errorMessage": "InvalidBatch : Field name not found : Nmae"}),
    ))
    .unwrap();
    let error = info.completed().unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Invalid, true));
    let text = "bulk job 7508Z00000lSXvxQAG ended as Failed: InvalidBatch : Field name not found : Nmae";
    assert_eq!(error.to_string(), text);
}

#[test]
fn questions_start_soon_and_grow_rare() {
    let poll = PollSettings::default();
    let waits: Vec<_> = (0..12).map(|asked| poll.wait(asked, 1.0).as_millis()).collect();
    assert_eq!(waits, [100, 150, 225, 337, 506, 759, 1139, 1708, 2562, 3844, 5000, 5000]);
    assert_eq!(poll.wait(0, 0.0), Duration::from_millis(75));
    assert_eq!(poll.wait(u32::MAX, 1.0), Duration::from_secs(5));
    assert_eq!(poll.wait(3, f64::NAN), poll.wait(3, 1.0));
}

#[tokio::test]
async fn a_job_is_waited_for() {
    let states = ["UploadComplete", "InProgress", "InProgress", "JobComplete"];
    let server = TestServer::script(states.map(|state| reply(200, info(state)))).await;
    let mut seen = Vec::new();
    let ended = bulk(&server).wait(ingest(), &never(), |info| seen.push(info.state.to_string())).await.unwrap();
    assert_eq!(ended.state, JobState::JobComplete);
    assert_eq!(seen, states);
    assert_eq!(server.calls(), vec![format!("GET {ROOT}/ingest/{JOB}"); 4]);
}

#[tokio::test]
async fn waiting_can_be_cancelled() {
    let server = TestServer::start(|_| Reply::Hang).await;
    let cancelled = never();
    let bulk = bulk(&server);
    let waiting = bulk.wait(ingest(), &cancelled, |_| ());
    let cancel = async {
        while server.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancelled.cancel();
    };
    let (waited, ()) = tokio::join!(waiting, cancel);
    assert!(matches!(waited, Err(Error::Cancelled)), "{waited:?}");
}

#[tokio::test]
async fn changes_whose_answer_was_lost_are_made_again() {
    // The first abort worked, its answer was lost, and the second one finds nothing to do.
    let server = TestServer::script([Reply::Drop, error(400, "INVALIDJOBSTATE"), reply(200, info("Aborted"))]).await;
    bulk(&server).abort(ingest()).await.unwrap();
    let patch = format!("PATCH {ROOT}/ingest/{JOB}");
    assert_eq!(server.calls(), [patch.clone(), patch.clone(), format!("GET {ROOT}/ingest/{JOB}")]);
    assert_eq!(server.seen()[0].body, r#"{"state":"Aborted"}"#);

    let server =
        TestServer::script([reply(503, ""), error(400, "INVALIDJOBSTATE"), reply(200, info("InProgress"))]).await;
    bulk(&server).close(ingest()).await.unwrap();
    assert_eq!(server.seen()[1].body, r#"{"state":"UploadComplete"}"#);

    let server = TestServer::script([error(400, "INVALIDJOBSTATE"), reply(200, info("Open"))]).await;
    let refused = bulk(&server).close(ingest()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.may_have_committed()), (ErrorKind::Invalid, false));
}

#[tokio::test]
async fn a_closing_of_unknown_outcome_says_so() {
    let server = TestServer::start(|_| Reply::Drop).await;
    let unknown = bulk(&server).close(ingest()).await.unwrap_err();
    // The closing, and then the question where the job stands, have four tries each.
    assert!(unknown.may_have_committed() && server.calls().len() == 8, "{unknown:?} {:?}", server.calls());
}

#[tokio::test]
async fn removing_what_is_gone_is_done() {
    for answer in [reply(204, ""), error(404, "NOT_FOUND"), error(400, "NOT_FOUND")] {
        let server = TestServer::script([Reply::Drop, answer]).await;
        bulk(&server).delete(ingest()).await.unwrap();
        assert_eq!(server.calls()[1], format!("DELETE {ROOT}/ingest/{JOB}"));
    }
    let server = TestServer::script([error(400, "INVALIDJOBSTATE")]).await;
    assert_eq!(bulk(&server).delete(ingest()).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_remembered_job_is_brought_to_its_end() {
    let server =
        TestServer::script([reply(200, info("Open")), reply(200, info("Aborted")), reply(200, info("Aborted"))]).await;
    let ended = bulk(&server).settle(ingest(), &never()).await.unwrap().unwrap();
    assert_eq!((ended.state, server.calls().len()), (JobState::Aborted, 3));

    let server = TestServer::script(["InProgress", "JobComplete"].map(|state| reply(200, info(state)))).await;
    let ended = bulk(&server).settle(ingest(), &never()).await.unwrap().unwrap();
    assert_eq!(ended.state, JobState::JobComplete);

    let server = TestServer::script([reply(200, info("Failed"))]).await;
    assert_eq!(bulk(&server).settle(ingest(), &never()).await.unwrap().unwrap().state, JobState::Failed);

    let server = TestServer::script([error(404, "NOT_FOUND")]).await;
    assert_eq!(bulk(&server).settle(ingest(), &never()).await.unwrap(), None);
}

#[tokio::test]
async fn jobs_are_found_by_what_they_are() {
    let record = |number: u32, changes: serde_json::Value| {
        let mut record: serde_json::Value = serde_json::from_str(&info("Open")).unwrap();
        record["id"] = format!("75000000000000{number}").into();
        for (name, value) in changes.as_object().unwrap() {
            record[name] = value.clone();
        }
        record
    };
    let next = "/services/data/v62.0/jobs/ingest?queryLocator=01g-2";
    let first = json!({"done": false, "nextRecordsUrl": next, "records": [
        record(1, json!({})), record(2, json!({"state": "JobComplete"})), record(3, json!({"object": "Quote"})),
    ]});
    let second = json!({"done": true, "nextRecordsUrl": null, "records": [
        record(4, json!({"createdById": "005000000000001AAA"})), record(5, json!({"createdDate": "2020-01-01T00:00:00.000+0000"})),
        record(6, json!({"object": "account"})),
    ]});
    let server = TestServer::script([reply(200, first.to_string()), reply(200, second.to_string())]).await;
    let filter = JobFilter {
        state: Some(JobState::Open),
        object: Some("Account".to_owned()),
        created_by: Some(id("0058Z000007lKMAQA2")),
        since: Some("2023-01-01T00:00:00Z".parse().unwrap()),
    };
    let found: Vec<_> = bulk(&server).jobs(JobType::Ingest, filter).try_collect().await.unwrap();
    let found: Vec<_> = found.iter().map(|info| info.id.as_15()).collect();
    assert_eq!(found, ["750000000000001", "750000000000006"]);
    assert_eq!(server.calls(), [format!("GET {ROOT}/ingest?jobType=V2Ingest"), format!("GET {next}")]);
}

#[tokio::test]
async fn a_list_that_leads_to_itself_ends() {
    let next = "/services/data/v62.0/jobs/ingest?queryLocator=x";
    let page = json!({"done": false, "nextRecordsUrl": next, "records": []}).to_string();
    let server = TestServer::start(move |_| reply(200, page.clone())).await;
    let listed: Result<Vec<_>, _> = bulk(&server).jobs(JobType::Ingest, JobFilter::default()).try_collect().await;
    assert_eq!(listed.unwrap_err().kind(), ErrorKind::Malformed);
}
