use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::{ROOT, bulk, csv, csv_page, info_with, never};
use crate::bulk::JobInfo;
use crate::test_server::{Reply, TestServer, error, reply};
use crate::{Error, ErrorKind, SalesforceId};

const QUERY: &str = "7508Z00000lTqQCQA0";

fn query_info(state: &str) -> String {
    info_with(json!({"id": QUERY, "state": state, "operation": "query", "jobType": "V2Query"}))
}

fn complete() -> JobInfo {
    serde_json::from_str(&query_info("JobComplete")).unwrap()
}

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    #[serde(rename = "Id")]
    id: SalesforceId,
    #[serde(rename = "Amount")]
    amount: Option<Decimal>,
    #[serde(rename = "Account.Name")]
    account: Option<String>,
    #[serde(rename = "IsWon")]
    won: bool,
}

fn page(rows: &[&str], next: &str) -> Reply {
    let text = format!("\"Id\",\"Amount\",\"Account.Name\",\"IsWon\"\n{}\n", rows.join("\n"));
    let count = rows.len().to_string();
    csv_page(&text, &[("Sforce-Locator", next), ("Sforce-NumberOfRecords", &count)])
}

const ROWS: [&str; 3] = [
    r#""0068Z00000000A1QAI","10.10","Zoë ""Z"" AG","true""#,
    r#""0068Z00000000A2QAI","","","false""#,
    r#""0068Z00000000A3QAI","0","0","false""#,
];

#[tokio::test]
async fn a_query_runs_from_its_creation_to_its_removal() {
    let server = TestServer::script([
        reply(200, json!({ "id": QUERY }).to_string()),
        reply(200, query_info("InProgress")),
        reply(200, query_info("JobComplete")),
        page(&ROWS[..2], "MTAwMDA"),
        page(&ROWS[2..], "null"),
        reply(204, ""),
    ])
    .await;
    let soql = "SELECT Id, Amount, Account.Name, IsWon FROM Opportunity";
    let rows: Vec<Row> = bulk(&server).query(soql, never()).try_collect().await.unwrap();
    assert_eq!(rows[0].account.as_deref(), Some("Zoë \"Z\" AG"));
    assert_eq!((rows[0].amount.unwrap().to_string(), rows[0].won), ("10.10".to_owned(), true));
    assert_eq!((rows[1].amount, &rows[1].account), (None, &None));
    assert_eq!((rows[2].amount, rows[2].account.as_deref()), (Some(Decimal::ZERO), Some("0")));
    let job = format!("{ROOT}/query/{QUERY}");
    assert_eq!(
        server.calls(),
        [
            format!("POST {ROOT}/query"),
            format!("GET {job}"),
            format!("GET {job}"),
            format!("GET {job}/results"),
            format!("GET {job}/results?locator=MTAwMDA"),
            format!("DELETE {job}"),
        ]
    );
    let body: serde_json::Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    assert_eq!((&body["operation"], &body["query"]), (&json!("query"), &json!(soql)));
}

#[tokio::test]
async fn pages_are_read_as_they_are_needed_with_the_jobs_own_version() {
    let server = TestServer::script([page(&ROWS[..1], "a+/b")]).await;
    let info: JobInfo = serde_json::from_str(&info_with(json!({"id": QUERY, "apiVersion": 58.0}))).unwrap();
    let mut rows = bulk(&server).query_results::<Row>(&info, Some(1));
    rows.next().await.unwrap().unwrap();
    assert_eq!(server.calls(), [format!("GET /services/data/v58.0/jobs/query/{QUERY}/results?maxRecords=1")]);
    assert!(rows.next().await.unwrap().is_err());
    assert!(server.calls()[1].ends_with("/results?maxRecords=1&locator=a%2B%2Fb"));
}

#[tokio::test]
async fn the_end_needs_no_locator_and_an_empty_result_is_one() {
    let server = TestServer::script([csv_page("Id\n", &[("Sforce-NumberOfRecords", "0")])]).await;
    let rows: Vec<Row> = bulk(&server).query_results(&complete(), None).try_collect().await.unwrap();
    assert!(rows.is_empty());
}

#[tokio::test]
async fn pages_that_are_not_whole_are_errors() {
    let short = csv_page("Id\n0068Z00000000A1QAI\n", &[("Sforce-NumberOfRecords", "2")]);
    let server = TestServer::start(move |_| short.clone()).await;
    let rows: Vec<_> = bulk(&server).query_results::<serde_json::Value>(&complete(), None).collect().await;
    assert_eq!(rows.last().unwrap().as_ref().unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!((rows.len(), server.calls().len()), (2, 4), "it was asked for again, and no record came twice");

    let server = TestServer::start(|_| page(&ROWS, "again")).await;
    let rows: Result<Vec<Row>, _> = bulk(&server).query_results(&complete(), None).try_collect().await;
    assert_eq!((rows.unwrap_err().kind(), server.calls().len()), (ErrorKind::Malformed, 2));

    for row in [r#""0068Z00000000A1QAI","secret","x","true""#, r#""0068Z00000000A1QAI","1","x","secret""#] {
        let server = TestServer::script([page(&[row], "null")]).await;
        let error = bulk(&server).query_results::<Row>(&complete(), None).try_collect::<Vec<_>>().await.unwrap_err();
        let (kind, text) = (error.kind(), error.to_string());
        assert!(kind == ErrorKind::Malformed && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn failed_refused_and_removed_jobs_are_errors() {
    let created = || reply(200, json!({ "id": QUERY }).to_string());
    let server = TestServer::script([created(), reply(200, query_info("Failed"))]).await;
    let error_of = |rows: Result<Vec<Row>, Error>| rows.unwrap_err();
    let failed = error_of(bulk(&server).query("SELECT X", never()).try_collect().await);
    assert!(matches!(failed, Error::BulkJob { message: None, .. }), "{failed:?}");

    let server = TestServer::script([error(400, "MALFORMED_QUERY")]).await;
    assert_eq!(error_of(bulk(&server).query("SELECT X", never()).try_collect().await).kind(), ErrorKind::Invalid);

    for (status, kind) in [(409, ErrorKind::Invalid), (404, ErrorKind::NotFound)] {
        let server = TestServer::script([error(status, if status == 404 { "NOT_FOUND" } else { "CONFLICT" })]).await;
        assert_eq!(error_of(bulk(&server).query_results(&complete(), None).try_collect().await).kind(), kind);
    }
}

#[tokio::test]
async fn a_cancelled_query_is_stopped() {
    let server = TestServer::start(|seen| match seen.method.as_str() {
        "POST" => reply(200, json!({ "id": QUERY }).to_string()),
        "PATCH" => reply(200, query_info("Aborted")),
        _ => reply(200, query_info("InProgress")),
    })
    .await;
    let cancelled = never();
    cancelled.cancel();
    let rows: Result<Vec<Row>, _> = bulk(&server).query("SELECT X", cancelled).try_collect().await;
    assert!(matches!(rows, Err(Error::Cancelled)), "{rows:?}");
    assert_eq!(server.seen().last().unwrap().body, r#"{"state":"Aborted"}"#);
}

#[tokio::test]
async fn pages_are_read_in_parallel() {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    let list = "/services/data/v62.0/jobs/query";
    let url = move |number: u32| json!({"resultUrl": format!("{list}/{QUERY}/results?locator=p{number}")});
    let server = TestServer::start(move |seen| match seen.target.rsplit('/').next().unwrap() {
        "resultPages" => reply(
            200,
            json!({"resultPages": [url(1), url(2)], "done": false,
                "nextRecordsUrl": format!("{list}/{QUERY}/resultpages?locator=n")})
            .to_string(),
        ),
        "resultpages?locator=n" => reply(200, json!({"resultPages": [url(3)], "done": true}).to_string()),
        page if page.starts_with("results?locator=p") => {
            OPEN.fetch_add(1, Ordering::SeqCst);
            let number = page.trim_start_matches("results?locator=p");
            csv(&format!("N\n{number}0\n{number}1\n"))
        }
        other => panic!("unexpected {other}"),
    })
    .await;
    #[derive(Debug, Deserialize)]
    struct Number {
        #[serde(rename = "N")]
        n: u32,
    }
    let rows: Vec<Number> = bulk(&server).query_results_parallel(&complete(), 2).try_collect().await.unwrap();
    let numbers: BTreeSet<_> = rows.iter().map(|row| row.n).collect();
    assert_eq!((rows.len(), numbers), (6, BTreeSet::from([10, 11, 20, 21, 30, 31])));
    assert_eq!(OPEN.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_page_outside_the_org_is_refused() {
    let pages = json!({"resultPages": [{"resultUrl": "https://evil.example/services/data/x"}], "done": true});
    let server = TestServer::script([reply(200, pages.to_string())]).await;
    let rows: Result<Vec<Row>, _> = bulk(&server).query_results_parallel(&complete(), 2).try_collect().await;
    assert_eq!((rows.unwrap_err().kind(), server.calls().len()), (ErrorKind::Malformed, 1));
}
