use std::sync::Mutex;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::{JOB, ROOT, bulk, columns, csv, info, info_with, insert, job, never, rows};
use crate::bulk::{IngestOperation, IngestSpec, JobRef, RowOutcome, RowResult, Wanted, WriteOptions};
use crate::test_server::{Reply, TestServer, error, reply};
use crate::{Error, ErrorKind};

/// Writes two rows, and gives the processed rows and the results that were told.
async fn write(
    server: &TestServer,
    wanted: Wanted,
    noted: Result<(), String>,
) -> (Result<u64, Error>, Vec<RowResult>, Vec<JobRef>) {
    let jobs = Mutex::new(Vec::new());
    let note = |job: JobRef| -> BoxFuture<'_, Result<(), crate::bulk::NoteError>> {
        jobs.lock().unwrap().push(job);
        let noted = noted.clone();
        Box::pin(async move { noted.map_err(crate::bulk::NoteError::from) })
    };
    let cancelled = never();
    let options = WriteOptions { note: &note, cancelled: &cancelled, wanted };
    let mut told = Vec::new();
    let two = rows([["a"], ["b"]]);
    let written = bulk(server).write(insert(), columns(&["Name"]), two, &options, &mut |row| told.push(row)).await;
    let jobs = jobs.lock().unwrap().clone();
    (written, told, jobs)
}

/// A job of two rows up to its end.
fn until(end: serde_json::Value) -> Vec<Reply> {
    vec![reply(200, info("Open")), reply(201, ""), reply(200, info("UploadComplete")), reply(200, info_with(end))]
}

#[tokio::test]
async fn without_failures_no_results_are_read() {
    let end = json!({"state": "JobComplete", "numberRecordsProcessed": 2, "numberRecordsFailed": 0});
    let server = TestServer::script(until(end)).await;
    let (written, told, jobs) = write(&server, Wanted::Failures, Ok(())).await;
    assert_eq!((written.unwrap(), told.len()), (2, 0));
    assert_eq!(jobs, [JobRef::ingest(job())]);
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn failures_alone_or_all_rows_are_told() {
    let end = json!({"state": "JobComplete", "numberRecordsProcessed": 2, "numberRecordsFailed": 1});
    let failed = csv("sf__Id,sf__Error,Name\n,REQUIRED_FIELD_MISSING:Required fields are missing: [X]:X --,b\n");
    let successful = csv("sf__Id,sf__Created,Name\n0018Z00002rGc7YQAS,true,a\n");
    let mut replies = until(end.clone());
    replies.push(failed.clone());
    let (written, told, _) = write(&TestServer::script(replies).await, Wanted::Failures, Ok(())).await;
    assert_eq!((written.unwrap(), told.len()), (2, 1));
    assert!(
        matches!(&told[0].outcome, RowOutcome::Failed { error, .. } if error.error_code == "REQUIRED_FIELD_MISSING")
    );
    assert_eq!(told[0].row.get("Name"), Some("b"));
    let mut replies = until(end);
    replies.extend([successful, failed]);
    let (_, told, _) = write(&TestServer::script(replies).await, Wanted::All, Ok(())).await;
    assert_eq!(told.iter().map(|row| row.row.get("Name").unwrap()).collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn a_job_that_cannot_be_noted_gets_no_rows() {
    let server = TestServer::script([reply(200, info("Open")), reply(200, info("Aborted"))]).await;
    let (written, _, _) = write(&server, Wanted::Failures, Err("the lease is lost".to_owned())).await;
    let error = written.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause == "the lease is lost" && !error.may_have_committed(), "{error}: {cause}");
    assert_eq!(server.calls(), [format!("POST {ROOT}/ingest"), format!("PATCH {ROOT}/ingest/{JOB}")]);
}

#[tokio::test]
async fn a_job_that_salesforce_gave_up_is_an_error() {
    let end = json!({"state": "Failed", "errorMessage": "InvalidBatch : Field name not found : X"});
    let (written, told, _) = write(&TestServer::script(until(end)).await, Wanted::All, Ok(())).await;
    assert_eq!((written.unwrap_err().kind(), told.len()), (ErrorKind::Invalid, 0));
}

#[tokio::test]
async fn a_probe_leaves_nothing_behind() {
    let spec = IngestSpec::new("Opportunity", IngestOperation::HardDelete);
    let server = TestServer::script([reply(200, info("Open")), reply(200, info("Aborted")), reply(204, "")]).await;
    bulk(&server).probe(&spec).await.unwrap();
    let one = format!("{ROOT}/ingest/{JOB}");
    assert_eq!(server.calls(), [format!("POST {ROOT}/ingest"), format!("PATCH {one}"), format!("DELETE {one}")]);
    let server = TestServer::script([error(400, "FEATURENOTENABLED")]).await;
    assert_eq!(bulk(&server).probe(&spec).await.unwrap_err().kind(), ErrorKind::Invalid);
}
