use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::{JOB, ROOT, bulk, columns, info, insert, never, org, rows, settings, uploads};
use crate::bulk::{Bulk, BulkSettings, Cell, IngestOperation, IngestSpec, Row};
use crate::test_server::{Reply, TestServer, error, reply};
use crate::{Error, ErrorKind, Session, SessionSource};

async fn load_all(bulk: &Bulk, values: &[&'static str]) -> Result<usize, Error> {
    let load = bulk.load(insert(), columns(&["Name"]), rows(values.iter().map(|value| [*value])))?;
    Ok(load.run(&never(), &|_| ()).await?.len())
}

#[tokio::test]
async fn a_load_goes_its_way() {
    let server = TestServer::start(org()).await;
    let operation = IngestOperation::Upsert { external_id: "LineKey__c".to_owned() };
    let spec = IngestSpec::new("QuoteLineItem", operation);
    let columns = columns(&["LineKey__c", "Quote.QuoteJobKey__c", "Description"]);
    let rows = rows([["1", "job-a", "x,y"], ["2", "job-b", ""]]);
    let bulk = bulk(&server);
    let mut load = bulk.load(spec, columns, rows).unwrap();
    let open = load.next_job().await.unwrap().unwrap();
    let id = open.info().id;
    assert_eq!(server.calls(), [format!("POST {ROOT}/ingest")], "the id is known before a row is sent");
    let closed = open.upload(&never()).await.unwrap();
    assert_eq!((closed.job.id, closed.first_row, closed.rows), (id, 0, 2));
    assert!(load.next_job().await.unwrap().is_none());
    assert_eq!(load.rows_closed(), 2);

    let seen = server.seen();
    let created: Value = serde_json::from_str(&seen[0].body).unwrap();
    let expected = json!({"object": "QuoteLineItem", "operation": "upsert", "contentType": "CSV", "lineEnding": "LF",
        "columnDelimiter": "COMMA", "externalIdFieldName": "LineKey__c"});
    assert_eq!(created, expected);
    assert_eq!((seen[1].method.as_str(), seen[1].target.as_str()), ("PUT", &*format!("{ROOT}/ingest/{id}/batches")));
    assert!(seen[1].headers["content-type"].starts_with("text/csv"));
    assert_eq!(seen[1].body, "LineKey__c,Quote.QuoteJobKey__c,Description\n1,job-a,\"x,y\"\n2,job-b,#N/A\n");
    assert_eq!(u64::try_from(seen[1].body.len()).unwrap(), closed.bytes);
    assert_eq!((seen[2].method.as_str(), seen[2].body.as_str()), ("PATCH", r#"{"state":"UploadComplete"}"#));
}

#[tokio::test]
async fn no_rows_make_no_job() {
    let server = TestServer::start(org()).await;
    assert_eq!(load_all(&bulk(&server), &[]).await.unwrap(), 0);
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn jobs_are_cut_by_rows() {
    for (count, expected) in [(1, vec![1]), (3, vec![3]), (4, vec![3, 1]), (6, vec![3, 3]), (7, vec![3, 3, 1])] {
        let server = TestServer::start(org()).await;
        let bulk = Bulk::new(server.client(), BulkSettings { job_rows: 3, ..settings() });
        load_all(&bulk, &vec!["x"; count]).await.unwrap();
        let lines: Vec<_> = uploads(&server).iter().map(|body| body.lines().count() - 1).collect();
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn jobs_are_cut_by_bytes_to_the_last_one() {
    // `Name\n` and rows of four bytes, `abc\n`: a limit of 13 takes two, one of 12 takes one.
    for (limit, expected) in [(13, vec![2, 2, 1]), (12, vec![1, 1, 1, 1, 1]), (25, vec![5]), (24, vec![4, 1])] {
        let server = TestServer::start(org()).await;
        let bulk = Bulk::new(server.client(), BulkSettings { job_bytes: limit, ..settings() });
        load_all(&bulk, &["abc"; 5]).await.unwrap();
        let bodies = uploads(&server);
        let lines: Vec<_> = bodies.iter().map(|body| body.lines().count() - 1).collect();
        assert_eq!(lines, expected, "limit {limit}");
        assert!(bodies.iter().all(|body| body.len() as u64 <= limit && body.starts_with("Name\n")));
    }
}

#[tokio::test]
async fn cuts_lose_and_double_nothing() {
    let server = TestServer::start(org()).await;
    let bulk = Bulk::new(server.client(), BulkSettings { job_bytes: 150_000, job_rows: 4000, ..settings() });
    let values = |number: u32| Ok(vec![Cell::from(number), Cell::from("\"quoted\", and long ".repeat(5))]);
    let load = bulk.load(insert(), columns(&["Number", "Text"]), stream::iter((0..9000).map(values))).unwrap();
    load.run(&never(), &|_| ()).await.unwrap();
    let mut numbers = Vec::new();
    for body in uploads(&server) {
        assert!(body.len() <= 150_000);
        let mut reader = csv::Reader::from_reader(body.as_bytes());
        numbers.extend(reader.records().map(|record| record.unwrap()[0].parse::<u32>().unwrap()));
    }
    assert_eq!(numbers, (0..9000).collect::<Vec<_>>());
}

#[tokio::test]
async fn rows_that_cannot_be_sent_stop_the_job() {
    let text = |text: &str| Cell::from(text);
    let cases: [(Vec<Row>, &str); 3] = [
        (vec![vec![text("a"), text("b")], vec![text("c")]], "row 2 has 1 cells for 2 columns"),
        (vec![vec![text("a"), text("#N/A")]], "row 1 has a text in column `B` that Salesforce would read as null"),
        (
            vec![vec![text("a"), text("b")], vec![text(&"x".repeat(95)), text("")]],
            "row 2 needs more than the 100 bytes of a job",
        ),
    ];
    for (rows, message) in cases {
        let server = TestServer::start(org()).await;
        let bulk = Bulk::new(server.client(), BulkSettings { job_bytes: 100, ..settings() });
        let load = bulk.load(insert(), columns(&["A", "B"]), stream::iter(rows.into_iter().map(Ok))).unwrap();
        let error = load.run(&never(), &|_| ()).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(server.seen().last().unwrap().body, r#"{"state":"Aborted"}"#);
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_not_made_again_and_the_job_is_stopped() {
    for failure in [Reply::Drop, reply(503, ""), error(400, "INVALIDJOB")] {
        let open = reply(200, info("Open"));
        let server = TestServer::script([open, failure.clone(), reply(200, info("Aborted"))]).await;
        let failed = load_all(&bulk(&server), &["a"]).await.unwrap_err();
        assert!(!failed.may_have_committed(), "no row is looked at before the closing");
        let job = format!("{ROOT}/ingest/{JOB}");
        assert_eq!(
            server.calls(),
            [format!("POST {ROOT}/ingest"), format!("PUT {job}/batches"), format!("PATCH {job}")]
        );
        assert_eq!(server.seen()[2].body, r#"{"state":"Aborted"}"#);
    }
}

#[tokio::test]
async fn rows_that_break_off_never_look_like_a_whole_upload() {
    let server = TestServer::start(org()).await;
    // More than the pieces that wait for the network, so that the upload has begun.
    let many = stream::iter((0..2_000_000_u32).map(|number| Ok(vec![Cell::from(number)])));
    let broken = stream::iter([Err(Error::invalid_request("the source failed"))]);
    let bulk = bulk(&server);
    let load = bulk.load(insert(), columns(&["N"]), many.take(200_000).chain(broken)).unwrap();
    let error = load.run(&never(), &|_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "the request cannot be sent: the source failed");
    let calls: Vec<_> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(calls, ["POST", "PATCH"], "the upload was never complete");
}

#[tokio::test]
async fn a_load_that_is_cancelled_stops_its_job() {
    let server = TestServer::start(org()).await;
    let cancelled = never();
    let bulk = bulk(&server);
    let endless = stream::iter([Ok(vec![Cell::from("a")])]).chain(stream::pending());
    let mut load = bulk.load(insert(), columns(&["Name"]), endless).unwrap();
    let open = load.next_job().await.unwrap().unwrap();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        cancelled.cancel();
    };
    let (uploaded, ()) = tokio::join!(open.upload(&cancelled), cancel);
    assert!(matches!(uploaded, Err(Error::Cancelled)), "{uploaded:?}");
    assert_eq!(server.seen().last().unwrap().body, r#"{"state":"Aborted"}"#);
}

#[tokio::test]
async fn the_next_job_is_uploaded_while_the_one_before_is_waited_for() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let answers = org();
    let polls = Mutex::new(std::collections::HashMap::<String, u32>::new());
    let server = TestServer::start(move |seen| {
        match seen.method.as_str() {
            "PATCH" => {
                let running = RUNNING.fetch_add(1, Ordering::SeqCst) + 1;
                MOST.fetch_max(running, Ordering::SeqCst);
            }
            "GET" => {
                let mut polls = polls.lock().unwrap();
                let asked = polls.entry(seen.target.clone()).or_default();
                *asked += 1;
                if *asked < 20 {
                    let id = seen.target.rsplit('/').next().unwrap();
                    return reply(200, super::info_with(json!({"id": id, "state": "InProgress"})));
                }
                RUNNING.fetch_sub(1, Ordering::SeqCst);
            }
            _ => {}
        }
        answers(seen)
    })
    .await;
    let bulk = Bulk::new(server.client(), BulkSettings { job_rows: 1, jobs_in_flight: 3, ..settings() });
    assert_eq!(load_all(&bulk, &["x"; 9]).await.unwrap(), 9);
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
}

/// A session that can be renewed.
struct Renewable(Session);

impl SessionSource for Renewable {
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn refresh<'a>(&'a self, _stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>> {
        self.session()
    }
}

#[tokio::test]
async fn a_session_refused_in_the_middle_of_a_load_is_worth_another_try_when_it_can_be_renewed() {
    let refused = || [reply(200, info("Open")), reply(401, ""), reply(200, info("Aborted"))];
    let server = TestServer::script(refused()).await;
    let error = load_all(&bulk(&server), &["a"]).await.unwrap_err();
    assert!(matches!(error, Error::SessionExpired), "a fixed session cannot be renewed: {error:?}");

    let server = TestServer::script(refused()).await;
    let client = server.client_of(Arc::new(Renewable(server.session("token"))));
    let error = load_all(&Bulk::new(client, settings()), &["a"]).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Transient, false));
    assert_eq!(server.seen().last().unwrap().body, r#"{"state":"Aborted"}"#);
}
