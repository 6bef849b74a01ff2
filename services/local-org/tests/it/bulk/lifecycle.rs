use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::PATIENCE;
use crate::support::TestOrg;

#[tokio::test]
async fn a_new_job_says_where_its_contents_go() {
    let org = TestOrg::start().await;
    let request = json!({"object": "Account", "operation": "insert", "unknownMember": {"a": [1]}});
    let job = org.post("/jobs/ingest", request).await.body;
    let id = job["id"].as_str().expect("an id");
    assert!(id.starts_with("750") && id.len() == 18, "{id}");
    let expected = json!({
        "id": id,
        "operation": "insert",
        "object": "Account",
        "createdById": job["createdById"],
        "createdDate": job["createdDate"],
        "systemModstamp": job["systemModstamp"],
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 62.0,
        "jobType": "V2Ingest",
        "contentUrl": format!("services/data/v62.0/jobs/ingest/{id}/batches"),
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    });
    assert_eq!(job, expected);
    assert!(job["createdDate"].as_str().is_some_and(|at| at.ends_with("+0000")));
    let reply = org.upload(id, "Name\n").await;
    assert_eq!((reply.status, reply.text.as_str()), (201, ""));
    assert_eq!(org.get(&format!("/jobs/ingest/{}", &id[..15])).await.body["numberRecordsProcessed"], 0);
}

#[tokio::test]
async fn goes_through_its_states_in_the_background() {
    let org = TestOrg::start().await;
    org.control(Method::PUT, "/local/costs", json!({"bulkDelayMs": 400, "rowUs": 2_000})).await;
    let job = org.job("Account", "insert", Value::Null).await;
    let rows: String = (0..600).map(|number| format!("Slow {number}\n")).collect();
    org.upload(&job, &format!("Name\n{rows}")).await;
    let started = Instant::now();
    assert_eq!(org.set_state(&job, "UploadComplete").await.body["state"], "UploadComplete");
    let mut states = Vec::new();
    loop {
        let state = org.get(&format!("/jobs/ingest/{job}")).await.body["state"].clone();
        let is_end = state == "JobComplete";
        if states.last() != Some(&state) {
            states.push(state);
        }
        if is_end {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{states:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(states, ["UploadComplete", "InProgress", "JobComplete"]);
    assert!(started.elapsed() >= Duration::from_millis(1_600), "600 rows of 2 ms and the delay");
}

#[tokio::test]
async fn an_abort_stops_between_chunks() {
    let org = TestOrg::start().await;
    org.control(Method::PUT, "/local/costs", json!({"rowUs": 500})).await;
    let job = org.job("Account", "insert", Value::Null).await;
    let count = 20_000;
    let rows: String = (0..count).map(|number| format!("Aborted {number}\n")).collect();
    org.upload(&job, &format!("Name\n{rows}")).await;
    org.set_state(&job, "UploadComplete").await;
    let started = Instant::now();
    while org.get(&format!("/jobs/ingest/{job}")).await.body["numberRecordsProcessed"] == 0 {
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(org.delete(&format!("/jobs/ingest/{job}")).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.get(&format!("/jobs/ingest/{job}/failedResults")).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.set_state(&job, "Aborted").await.body["state"], "Aborted");
    let info = json!({"id": job});
    let (done, left) = (org.rows(&info, "successfulResults").await, org.rows(&info, "unprocessedrecords").await);
    let processed = done.len() - 1;
    assert!(processed >= 200 && processed % 200 == 0 && processed < count, "{processed}");
    assert_eq!(processed + left.len() - 1, count);
    let kept = org.query("SELECT COUNT() FROM Account WHERE Name LIKE 'Aborted %'").await.body["totalSize"].clone();
    assert_eq!(kept, processed, "what was committed stays");
    let after = org.get(&format!("/jobs/ingest/{job}")).await.body;
    assert_eq!((&after["state"], &after["numberRecordsProcessed"]), (&json!("Aborted"), &json!(processed)));
}

#[tokio::test]
async fn refuses_what_its_state_does_not_allow() {
    let org = TestOrg::start().await;
    let done = org.load("Account", "insert", Value::Null, "Name\nDone\n").await;
    let done = done["id"].as_str().expect("an id");
    let reply = org.set_state(done, "Aborted").await;
    let expected = json!([{"errorCode": "INVALIDJOBSTATE", "message": "Aborting already Completed Job not allowed"}]);
    assert_eq!((reply.status, reply.body), (400, expected));
    assert_eq!(org.set_state(done, "UploadComplete").await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.upload(done, "Name\nLate\n").await.code(), "INVALIDJOBSTATE");

    let open = org.job("Account", "insert", Value::Null).await;
    assert_eq!(org.delete(&format!("/jobs/ingest/{open}")).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.get(&format!("/jobs/ingest/{open}/successfulResults")).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.set_state(&open, "JobComplete").await.status, 400);
    assert_eq!(org.set_state(&open, "Aborted").await.status, 200);
    assert_eq!(org.result(&json!({"id": open}), "successfulResults").await.text, "");
    for job in [done, &open] {
        assert_eq!(org.delete(&format!("/jobs/ingest/{job}")).await.status, 204);
        for path in ["", "/successfulResults"] {
            let reply = org.get(&format!("/jobs/ingest/{job}{path}")).await;
            assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND"));
        }
    }
}

#[tokio::test]
async fn a_second_upload_makes_a_job_useless() {
    let org = TestOrg::start().await;
    let job = org.job("Account", "insert", Value::Null).await;
    for _ in 0..2 {
        assert_eq!(org.upload(&job, "Name\nTwice\n").await.status, 201);
    }
    assert_eq!(org.set_state(&job, "UploadComplete").await.code(), "INVALIDJOB");
    assert_eq!(org.set_state(&job, "Aborted").await.status, 200);
    let rest = org.result(&json!({"id": job}), "unprocessedRecords").await.text;
    assert_eq!(rest, "Name\nTwice\n");
}

#[tokio::test]
async fn lists_jobs_in_pages() {
    let org = TestOrg::start().await;
    for _ in 0..1_001 {
        org.job("Account", "insert", Value::Null).await;
    }
    let first = org.get("/jobs/ingest?jobType=V2Ingest").await.body;
    assert_eq!((&first["done"], first["records"].as_array().map(Vec::len)), (&json!(false), Some(1_000)));
    let next = first["nextRecordsUrl"].as_str().expect("a next page");
    let second = org.get(next).await.body;
    assert_eq!((&second["done"], &second["nextRecordsUrl"]), (&json!(true), &Value::Null));
    assert_eq!(second["records"].as_array().map(Vec::len), Some(1));
    assert_eq!(org.get("/jobs/ingest?jobType=Classic").await.body["records"], json!([]));
    assert_eq!(org.get("/jobs/query").await.body["records"], json!([]));
}

#[tokio::test]
async fn faults_and_limits_apply() {
    let org = TestOrg::start().await;
    let fault =
        json!({"object": "Account", "errorCode": "UNABLE_TO_LOCK_ROW", "message": "locked", "recordContains": "Two"});
    let mut action = json!({"kind": "recordError"});
    action.as_object_mut().expect("an object").extend(fault.as_object().cloned().expect("an object"));
    org.fault(json!({"method": "PUT", "bodyContains": "Two", "times": 1, "action": action})).await;
    let job = org.load("Account", "insert", Value::Null, "Name\nOne\nTwo\n").await;
    let rows = org.rows(&job, "failedResults").await;
    assert_eq!((rows.len(), rows[1][1].as_str()), (2, "UNABLE_TO_LOCK_ROW:locked:--"));

    let job = org.job("Account", "insert", Value::Null).await;
    org.fault(json!({"pathContains": "/batches", "times": 1, "action": {"kind": "dropBefore"}})).await;
    let lost = org.http.put(format!("{}/services/data/v62.0/jobs/ingest/{job}/batches", org.base));
    assert!(lost.bearer_auth(&org.token).body("Name\nLost\n").send().await.is_err());
    assert_eq!(org.upload(&job, "Name\nAgain\n").await.status, 201, "the first one was not taken");
    assert_eq!(org.set_state(&job, "UploadComplete").await.status, 200);
    assert_eq!(org.ended("ingest", &job).await["numberRecordsProcessed"], 1);

    org.control(Method::PUT, "/local/costs", json!({"dailyLimit": 1})).await;
    let reply = org.get("/jobs/ingest").await;
    assert_eq!((reply.status, reply.code()), (403, "REQUEST_LIMIT_EXCEEDED"));
    assert!(reply.header("sforce-limit-info").is_some_and(|usage| usage.ends_with("/1")));
}

#[tokio::test]
async fn ended_jobs_can_be_forgotten_and_others_stay() {
    let org = TestOrg::start().await;
    let open = org.job("Account", "insert", Value::Null).await;
    let ended = org.load("Account", "insert", Value::Null, "Name\nOne\n").await;
    let ended = ended["id"].as_str().expect("an id");
    let forgotten = org.control(Method::DELETE, "/local/orgs/my-org/bulk-jobs", Value::Null).await;
    assert_eq!((forgotten.status, forgotten.body), (200, json!({"jobs": 1})));
    assert_eq!(org.get(&format!("/jobs/ingest/{ended}")).await.code(), "NOT_FOUND");
    assert_eq!(org.get(&format!("/jobs/ingest/{open}")).await.body["state"], "Open");
}
