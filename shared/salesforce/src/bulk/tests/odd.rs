//! Answers that the API never gives, to every call of a load: none of them is taken for success, and none is waited for
//! without end.

use std::time::Duration;

use serde_json::json;

use super::{JOB, ROOT, bulk, columns, csv, info, info_with, insert, job, never, rows};
use crate::bulk::{JobRef, JobState, RowResult, Wanted, WriteOptions};
use crate::test_server::{Reply, TestServer, reply};
use crate::{Error, ErrorKind};

const PAGE: &str = "<html><body>We are down for maintenance</body></html>";

/// 200 with a page for people.
fn page() -> Reply {
    Reply::Answer { status: 200, headers: vec![("content-type", "text/html".to_owned())], body: PAGE.to_owned() }
}

/// Answers of 200 that say nothing about a job.
fn nothing_said() -> Vec<Reply> {
    let bodies = ["", "{", "[]", "null", "{}", r#""ok""#, r#"{"id":7}"#];
    bodies.into_iter().map(|body| reply(200, body)).chain([page(), reply(202, info("UploadComplete"))]).collect()
}

async fn write(server: &TestServer, wanted: Wanted) -> (Result<u64, Error>, Vec<RowResult>) {
    let note =
        |_| -> futures_util::future::BoxFuture<'_, Result<(), crate::bulk::NoteError>> { Box::pin(async { Ok(()) }) };
    let (cancelled, mut told) = (never(), Vec::new());
    let options = WriteOptions { note: &note, cancelled: &cancelled, wanted };
    let (bulk, two) = (bulk(server), rows([["a"], ["b"]]));
    let mut on_row = |row| told.push(row);
    let written = bulk.write(insert(), columns(&["Name"]), two, &options, &mut on_row);
    let written = tokio::time::timeout(Duration::from_secs(60), written).await.expect("it does not hang");
    (written, told)
}

fn complete(processed: u32, failed: u32) -> Reply {
    let end = json!({"numberRecordsProcessed": processed, "numberRecordsFailed": failed});
    reply(200, info_with(end))
}

#[tokio::test]
async fn a_closing_is_proven_by_the_state_and_otherwise_done_again() {
    for odd in nothing_said() {
        let server = TestServer::script([odd.clone(), reply(200, info("UploadComplete"))]).await;
        bulk(&server).close(JobRef::ingest(job())).await.unwrap_or_else(|error| panic!("{odd:?}: {error}"));
        assert_eq!(server.calls(), vec![format!("PATCH {ROOT}/ingest/{JOB}"); 2], "{odd:?}");
    }
}

/// The first try did it and its answer was lost; then the session ends before anybody can ask.
#[tokio::test]
async fn a_second_closing_that_is_refused_settles_nothing_while_the_job_cannot_be_asked() {
    let error = |code: &str| json!([{ "errorCode": code, "message": "no" }]).to_string();
    let server =
        TestServer::script([reply(400, error("INVALIDJOBSTATE")), reply(401, error("INVALID_SESSION_ID"))]).await;
    let error = bulk(&server).close(JobRef::ingest(job())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionExpired, "{error}");
}

#[tokio::test]
async fn a_closing_that_no_answer_proves_is_asked_about() {
    // The state is not told, so it is asked for.
    let server =
        TestServer::script([reply(200, json!({ "id": JOB }).to_string()), reply(200, info("InProgress"))]).await;
    bulk(&server).close(JobRef::ingest(job())).await.unwrap();
    assert_eq!(server.calls().last().unwrap(), &format!("GET {ROOT}/ingest/{JOB}"));

    let answer = |state: &'static str| {
        move |seen: &crate::test_server::Seen| {
            if seen.method == "GET" { reply(200, info(state)) } else { page() }
        }
    };
    let server = TestServer::start(answer("InProgress")).await;
    bulk(&server).close(JobRef::ingest(job())).await.unwrap();
    let server = TestServer::start(answer("Open")).await;
    let error = bulk(&server).close(JobRef::ingest(job())).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Malformed, true), "{error}");
}

#[tokio::test]
async fn an_abort_is_proven_by_the_state() {
    for odd in nothing_said() {
        let server = TestServer::script([odd.clone(), reply(200, info("Aborted"))]).await;
        bulk(&server).abort(JobRef::ingest(job())).await.unwrap_or_else(|error| panic!("{odd:?}: {error}"));
        assert_eq!(server.calls().len(), 2, "{odd:?}");
    }
}

#[tokio::test]
async fn an_answer_about_another_job_proves_nothing() {
    let other = || reply(200, info_with(json!({"id": "750000000000009AAA", "state": "JobComplete"})));
    let server = TestServer::start(move |_| other()).await;
    assert_eq!(bulk(&server).info(JobRef::ingest(job())).await.unwrap_err().kind(), ErrorKind::Malformed);
    assert!(bulk(&server).close(JobRef::ingest(job())).await.is_err());
}

#[tokio::test]
async fn an_upload_is_proven_by_its_status_alone() {
    for odd in nothing_said().into_iter().chain([reply(200, ""), reply(204, ""), reply(302, ""), reply(201, PAGE)]) {
        let server = TestServer::script([reply(200, info("Open")), odd.clone(), reply(200, info("Aborted"))]).await;
        let (written, _) = write(&server, Wanted::Failures).await;
        let error = written.unwrap_err();
        assert!(error.kind().passes() && !error.may_have_committed(), "{odd:?}: {error}");
        assert_eq!(server.seen()[2].body, r#"{"state":"Aborted"}"#, "{odd:?}");
    }
}

#[tokio::test]
async fn a_closed_job_that_stays_open_ends_the_wait() {
    let server = TestServer::start(|_| reply(200, info("Open"))).await;
    let wait = tokio::time::timeout(Duration::from_secs(30), async {
        bulk(&server).wait(JobRef::ingest(job()), &never(), |_| ()).await
    });
    let error = wait.await.expect("the wait ends").unwrap_err();
    assert_eq!(error.to_string(), format!("bulk job {JOB} still waits for its rows, so it will not end"));
    assert!(error.kind().passes());
    // A state that is read a moment too late is no reason to give up.
    let server =
        TestServer::script(["Open", "Open", "UploadComplete", "JobComplete"].map(|it| reply(200, info(it)))).await;
    let ended = bulk(&server).wait(JobRef::ingest(job()), &never(), |_| ()).await.unwrap();
    assert_eq!(ended.state, JobState::JobComplete);
}

#[tokio::test]
async fn a_state_that_nobody_knows_ends_the_wait() {
    for body in [info("Dreaming"), json!({ "id": JOB }).to_string()] {
        let server = TestServer::start(move |_| reply(200, body.clone())).await;
        let wait = async { bulk(&server).wait(JobRef::ingest(job()), &never(), |_| ()).await };
        let error = tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the wait ends").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    }
}

#[tokio::test]
async fn a_poll_that_says_nothing_is_made_again() {
    for odd in nothing_said() {
        let server = TestServer::script([odd.clone(), reply(200, info("JobComplete"))]).await;
        let ended = bulk(&server).wait(JobRef::ingest(job()), &never(), |_| ()).await;
        assert_eq!(ended.unwrap_or_else(|error| panic!("{odd:?}: {error}")).state, JobState::JobComplete);
    }
}

#[tokio::test]
async fn a_job_that_did_not_process_all_its_rows_is_no_success() {
    for processed in [0, 1, 3] {
        let script =
            [reply(200, info("Open")), reply(201, ""), reply(200, info("UploadComplete")), complete(processed, 0)];
        let (written, _) = write(&TestServer::script(script).await, Wanted::Failures).await;
        let error = written.unwrap_err();
        assert_eq!(error.to_string(), format!("bulk job {JOB} processed {processed} of 2 rows"));
        assert!(error.kind().passes() && error.may_have_committed());
    }
}

#[tokio::test]
async fn results_that_lack_rows_are_asked_for_again() {
    let head = "sf__Id,sf__Error,Name\n";
    let failed = csv("sf__Id,sf__Error,Name\n,X:no:--,a\n,X:no:--,b\n");
    for odd in [page(), csv(""), csv(head), csv("sf__Id,sf__Error,Name\n,X:no:--,a\n"), reply(200, ""), reply(206, "")]
    {
        let mut script =
            vec![reply(200, info("Open")), reply(201, ""), reply(200, info("UploadComplete")), complete(2, 2)];
        script.extend([odd.clone(), failed.clone()]);
        let (written, told) = write(&TestServer::script(script).await, Wanted::Failures).await;
        assert_eq!(written.unwrap_or_else(|error| panic!("{odd:?}: {error}")), 2);
        assert_eq!(told.iter().map(|row| row.row.get("Name").unwrap()).collect::<Vec<_>>(), ["a", "b"], "{odd:?}");
    }
    let server = TestServer::start(move |seen| match seen.method.as_str() {
        "POST" => reply(200, info("Open")),
        "PUT" => reply(201, ""),
        "PATCH" => reply(200, info("UploadComplete")),
        _ if seen.target.ends_with("/failedResults") => csv(head),
        _ => complete(2, 1),
    });
    let (written, _) = write(&server.await, Wanted::Failures).await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Malformed, "a failure that is not told is not passed over");
}
