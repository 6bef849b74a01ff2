//! An org, or a proxy before it, that repeats the token within an answer that is a success.

use std::sync::Arc;

use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Cleaner, LONGEST, MARGIN};
use crate::bulk::{Bulk, BulkSettings, JobInfo, JobRef, RowOutcome};
use crate::test_server::{Reply, TestServer, reply};
use crate::{Client, CompositeRequest, FixedSession, Graph, UnitOfWork};

const TOKEN: &str = "00D000000000001!AQ.repeatedSecretOfTheSession";
const SECRET: &str = "repeatedSecret";

#[derive(Debug, Deserialize)]
struct Odd {
    #[serde(rename = "Amount")]
    _amount: u32,
}

/// The token as somebody may write it; the last is its secret part alone.
fn spellings() -> Vec<String> {
    vec![
        TOKEN.to_owned(),
        TOKEN.replace('!', "%21"),
        TOKEN.replace('!', "%2521"),
        TOKEN.replace('!', "\\u0021"),
        TOKEN.replace('!', "\\\\u0021"),
        TOKEN.replace('!', "\\!"),
        TOKEN.replace('!', "&#33;"),
        TOKEN.replace('r', "%72"),
        TOKEN.split_once('!').unwrap().1.to_owned(),
    ]
}

async fn answering(status: u16, body: String) -> (TestServer, Client) {
    let server = TestServer::start(move |_| reply(status, body.clone())).await;
    let client = server.client_of(Arc::new(FixedSession(server.session(TOKEN))));
    (server, client)
}

/// No part of the secret is in what is shown, and what was told besides is.
fn assert_cleared(shown: &str) {
    assert!(!shown.contains(SECRET) && !shown.contains("epeatedSec"), "{shown}");
}

fn refusal(spelling: &str) -> Value {
    json!([{ "errorCode": "ODD", "message": format!("told with Bearer {spelling}"), "fields": [spelling] }])
}

#[tokio::test]
async fn the_error_of_a_graphs_node_does_not_show_the_token() {
    for spelling in spellings() {
        let mut graph = Graph::new("g");
        graph.create("Quote", &json!({"Name": "q"})).unwrap();
        let mut unit = UnitOfWork::new();
        unit.push(graph);
        let request = unit.into_requests("62.0").unwrap().pop().unwrap();
        let node = json!({"body": refusal(&spelling), "httpHeaders": {}, "httpStatusCode": 400, "referenceId": "ref0"});
        let answer = json!({"graphs": [{"graphId": "g", "graphResponse": {"compositeResponse": [node]}, "isSuccessful": false}]});
        let (_server, client) = answering(200, answer.to_string()).await;
        let shown = format!("{:?}", client.submit_graphs(&request).await.unwrap());
        assert!(shown.contains("told with Bearer [access token]"), "{shown}");
        assert_cleared(&shown);
    }
}

#[tokio::test]
async fn the_error_of_a_record_of_a_collection_does_not_show_the_token() {
    for spelling in spellings() {
        let error = json!({"statusCode": "ODD", "message": format!("told with {spelling}"), "fields": []});
        let answer = json!([{"success": false, "errors": [error]}]);
        let (_server, client) = answering(200, answer.to_string()).await;
        let shown = format!("{:?}", client.create_many("A", &[json!({})], false).await.unwrap());
        assert!(shown.contains("told with [access token]"), "{shown}");
        assert_cleared(&shown);
    }
}

#[tokio::test]
async fn the_error_of_a_subrequest_does_not_show_the_token() {
    for spelling in spellings() {
        let mut request = CompositeRequest::new(false);
        request.query("SELECT Id FROM A");
        let part = json!({"body": refusal(&spelling), "httpHeaders": {}, "httpStatusCode": 400, "referenceId": "ref0"});
        let (_server, client) = answering(200, json!({ "compositeResponse": [part] }).to_string()).await;
        let answers = client.composite(&request).await.unwrap();
        let read = answers[0].json::<Value>().unwrap_err();
        let shown = format!("{:?} {read} {read:?}", answers[0].errors());
        assert!(shown.contains("told with Bearer [access token]"), "{shown}");
        assert_cleared(&shown);
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_not_shown() {
    for spelling in spellings().iter().map(String::as_str).chain(["x\", expected y", "x"]) {
        let answer = json!({"totalSize": 1, "done": true, "records": [{"Amount": format!("value-{spelling}")}]});
        let (_server, client) = answering(200, answer.to_string()).await;
        let error = client.query_page::<Odd>("SELECT Amount FROM A").await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("expected u32 at line 1 column") && !shown.contains("value-"), "{shown}");
        assert_cleared(&shown);
    }
}

/// A type that shows what it cannot read, in a message that is shortened within the token.
#[derive(Debug)]
struct Telling;

impl<'de> Deserialize<'de> for Telling {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("{} {text}", "x".repeat(170))))
    }
}

#[tokio::test]
async fn a_message_of_a_type_is_cleared_before_it_is_shortened() {
    let answer = json!({"totalSize": 1, "done": true, "records": [TOKEN.split_once('!').unwrap().1]});
    let (_server, client) = answering(200, answer.to_string()).await;
    let error = client.query_page::<Telling>("SELECT Id FROM A").await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("x [access token]") && !shown.contains("AQ.rep"), "{shown}");
}

#[tokio::test]
async fn a_refusal_that_repeats_the_token_in_another_spelling_does_not_show_it() {
    for spelling in spellings() {
        let (_server, client) = answering(400, refusal(&spelling).to_string()).await;
        let error = client.count("SELECT COUNT() FROM A").await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("told with Bearer [access token]"), "{shown}");
        assert_cleared(&shown);
    }
}

const JOB: &str = "750000000000001";

#[tokio::test]
async fn a_failed_row_and_the_reason_of_a_bulk_job_do_not_show_the_token() {
    for spelling in spellings() {
        let told = json!({"id": JOB, "state": "Failed", "errorMessage": format!("Odd : told with {spelling}"),
            "numberRecordsProcessed": 1, "numberRecordsFailed": 1});
        let rows = format!("sf__Id,sf__Error,Name\n,ODD:told with {spelling}:--,a\n");
        let headers = vec![("content-type", "text/csv".to_owned())];
        let csv = Reply::Answer { status: 200, headers, body: rows };
        let server = TestServer::script([reply(200, told.to_string()), csv]).await;
        let client = server.client_of(Arc::new(FixedSession(server.session(TOKEN))));
        let bulk = Bulk::new(client, BulkSettings::default());
        let info: JobInfo = bulk.info(JobRef::ingest(JOB.parse().unwrap())).await.unwrap();
        let rows: Vec<_> = bulk.failed(&info).try_collect().await.unwrap();
        let RowOutcome::Failed { error, .. } = &rows[0].outcome else { panic!("{rows:?}") };
        let shown = format!("{info:?} {error:?} {}", info.clone().completed().unwrap_err());
        assert_eq!(shown.matches("told with [access token]").count(), 3, "{shown}");
        assert_cleared(&shown);
    }
}

#[test]
fn other_text_stays_as_it_is() {
    let cleaner = Cleaner::default().and(TOKEN).and("short");
    let fine = [
        "",
        "100 %, \\ and \\u12, & or &#;",
        "00D000000000001",
        "00D000000000001! no",
        "%25%",
        "\u{e9}\u{1F600}%C3%A9",
        "a short one",
    ];
    for text in fine {
        assert_eq!(cleaner.text(text), text);
    }
    assert_eq!(Cleaner::default().text("a 00Dxx0000000001!another.Token_x, b"), "a [access token], b");
    assert_eq!(cleaner.text(&format!("a{TOKEN}b{TOKEN}")), "a[access token]b[access token]");
}

#[test]
fn of_a_very_long_text_the_beginning_is_kept_and_no_half_token() {
    let token = "00D000000000001!AQ.repeatedSecretOfTheSession";
    let cleaner = Cleaner::default().and(token);
    let whole = "x".repeat(LONGEST);
    assert_eq!(cleaner.text(&whole), whole);
    for before in [LONGEST - MARGIN - 1, LONGEST - MARGIN, LONGEST - 20, LONGEST - 1, LONGEST] {
        let cleared = cleaner.text(&format!("{}{token}{}", "é".repeat(before / 2), "y".repeat(1_000_000)));
        let kept = cleared.trim_start_matches('é');
        assert!(["…", "[access token]…"].contains(&kept), "{before}: {kept}");
        assert!(cleared.len() > LONGEST - MARGIN - 10, "{before}: {}", cleared.len());
    }
}
