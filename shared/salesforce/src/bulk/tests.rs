mod csv_text;
mod jobs;
mod load;
mod memory;
mod odd;
mod query;
mod results;
mod rows;
mod write;

use std::time::Duration;

use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Bulk, BulkSettings, Cell, Columns, IngestOperation, IngestSpec, JobInfo, PollSettings, Row};
use crate::test_server::{Reply, Seen, TestServer, reply};
use crate::{Error, SalesforceId};

const JOB: &str = "7508Z00000lSXvxQAG";
const ROOT: &str = "/services/data/v62.0/jobs";

fn id(text: &str) -> SalesforceId {
    text.parse().unwrap()
}

fn job() -> SalesforceId {
    id(JOB)
}

/// Waits hardly at all.
fn settings() -> BulkSettings {
    let poll =
        PollSettings { first: Duration::from_millis(1), longest: Duration::from_millis(2), ..Default::default() };
    BulkSettings { poll, ..BulkSettings::default() }
}

fn bulk(server: &TestServer) -> Bulk {
    Bulk::new(server.client(), settings())
}

fn never() -> CancellationToken {
    CancellationToken::new()
}

fn info(state: &str) -> String {
    info_with(json!({ "state": state }))
}

/// The answer about a job, in the shape of a recorded one.
fn info_with(changes: Value) -> String {
    let mut info = json!({
        "id": JOB, "operation": "insert", "object": "Account", "createdById": "0058Z000007lKMAQA2",
        "createdDate": "2023-01-17T14:20:03.000+0000", "systemModstamp": "2023-01-17T14:20:47.000+0000",
        "state": "JobComplete", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": 62.0,
        "jobType": "V2Ingest", "lineEnding": "LF", "columnDelimiter": "COMMA", "numberRecordsProcessed": 3,
        "numberRecordsFailed": 0, "retries": 0, "totalProcessingTime": 374, "apiActiveProcessingTime": 283,
        "apexProcessingTime": 0
    });
    for (name, value) in changes.as_object().unwrap() {
        info[name] = value.clone();
    }
    info.to_string()
}

/// A job that has ended, of as many rows as its files have.
fn ended() -> JobInfo {
    serde_json::from_str(&info_with(json!({"numberRecordsProcessed": 0}))).unwrap()
}

fn csv(text: &str) -> Reply {
    csv_page(text, &[])
}

fn csv_page(text: &str, headers: &[(&'static str, &str)]) -> Reply {
    let mut all = vec![("content-type", "text/csv".to_owned())];
    all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Reply::Answer { status: 200, headers: all, body: text.to_owned() }
}

/// Plays Salesforce for loads: jobs `750000000000001`, … are complete as soon as they are closed.
fn org() -> impl Fn(&Seen) -> Reply {
    let made = std::sync::atomic::AtomicU32::new(0);
    move |seen| {
        let path = seen.target.strip_prefix(ROOT).unwrap();
        match (seen.method.as_str(), path.split('/').collect::<Vec<_>>().as_slice()) {
            ("POST", ["", "ingest"]) => {
                let number = 1 + made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                reply(200, info_with(json!({"id": format!("7500000000000{number:02}"), "state": "Open"})))
            }
            ("PUT", ["", "ingest", _, "batches"]) => reply(201, ""),
            ("PATCH", ["", "ingest", id]) => {
                let wanted: Value = serde_json::from_str(&seen.body).unwrap();
                reply(200, info_with(json!({"id": id, "state": wanted["state"]})))
            }
            ("GET", ["", "ingest", id]) => reply(200, info_with(json!({ "id": id }))),
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn insert() -> IngestSpec {
    IngestSpec::new("Account", IngestOperation::Insert)
}

fn columns(names: &[&str]) -> Columns {
    Columns::new(names.iter().copied()).unwrap()
}

fn rows<const N: usize>(rows: impl IntoIterator<Item = [&'static str; N]>) -> impl Stream<Item = Result<Row, Error>> {
    let rows: Vec<_> = rows.into_iter().map(|cells| Ok(cells.into_iter().map(Cell::from).collect())).collect();
    stream::iter(rows)
}

/// Bodies of the uploads.
fn uploads(server: &TestServer) -> Vec<String> {
    server.seen().into_iter().filter(|seen| seen.method == "PUT").map(|seen| seen.body).collect()
}
