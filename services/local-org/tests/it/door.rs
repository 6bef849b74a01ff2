//! Paths and headers as clients write them, and as clients expect them.

use std::io::Write;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{API, Reply, TestOrg, read};

#[tokio::test]
async fn slashes_may_be_doubled_or_at_the_end() {
    let org = TestOrg::start().await;
    for path in [
        format!("/{API}/limits"),
        "/services//data/v62.0//limits".to_owned(),
        format!("{API}/limits/"),
        format!("{API}//limits//"),
        format!("/{API}/limits.json"),
        format!("/{API}//query/?q=SELECT+Id+FROM+Account"),
        "//services/data".to_owned(),
        "//services/oauth2/userinfo/".to_owned(),
        format!("/{API}/jobs/ingest/"),
    ] {
        let reply = org.http.get(format!("{}{path}", org.base)).bearer_auth(&org.token).send().await;
        assert_eq!(reply.expect("an answer").status(), 200, "{path}");
    }
    // What is escaped stays as it is.
    org.create("Account", json!({"Name": "One", "Key__c": "a//b.json"})).await;
    let found = org.get("/sobjects/Account/Key__c/a%2F%2Fb.json").await;
    assert_eq!((found.status, &found.body["Name"]), (200, &json!("One")));
}

#[tokio::test]
async fn header_names_are_capitalised() {
    let org = TestOrg::start().await;
    let address = org.base.trim_start_matches("http://");
    for (path, token) in [(format!("{API}/limits"), org.token.as_str()), (format!("{API}/limits"), "wrong")] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("an answer");
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains("\r\nContent-Type: application/json;charset=UTF-8"), "{head}");
        assert!(head.contains("\r\nContent-Length: ") && head.contains("\r\nCache-Control: "), "{head}");
        let own = if token == "wrong" { "\r\nWww-Authenticate: Token" } else { "\r\nSforce-Limit-Info: api-usage=1/" };
        assert!(head.contains(own), "{head}");
    }
}

#[tokio::test]
async fn a_bulk_job_is_closed_by_a_post_that_stands_for_a_patch() {
    let org = TestOrg::start().await;
    let body = json!({"object": "Account", "operation": "insert"});
    let job = org.post("/jobs/ingest", body).await.body["id"].as_str().expect("an id").to_owned();
    let path = format!("/jobs/ingest/{job}?_HttpMethod=PATCH");
    let closed = org.post(&path, json!({"state": "UploadComplete"})).await;
    assert_eq!((closed.status, &closed.body["id"]), (200, &json!(job)));
    assert_eq!(org.post(&format!("/jobs/ingest/{job}"), json!({})).await.status, 405);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("it is compressed");
    encoder.finish().expect("it ends")
}

fn deflate(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("it is compressed");
    encoder.finish().expect("it ends")
}

async fn send(org: &TestOrg, method: Method, path: &str, encoding: &str, body: Vec<u8>) -> Reply {
    let request = org.http.request(method, format!("{}{API}{path}", org.base)).bearer_auth(&org.token);
    let request = request.header("Content-Type", "application/json").header("Content-Encoding", encoding);
    read(request.body(body).send().await.expect("an answer")).await.expect("a body")
}

#[tokio::test]
async fn bodies_may_be_compressed() {
    let org = TestOrg::start().await;
    let account = json!({"Name": "Compressed"}).to_string();
    for (encoding, body) in [
        ("gzip", gzip(&account)),
        ("GZIP", gzip(&account)),
        ("deflate", deflate(&account)),
        ("identity", account.clone().into()),
    ] {
        let reply = send(&org, Method::POST, "/sobjects/Account", encoding, body).await;
        assert_eq!(reply.status, 201, "{encoding}: {}", reply.text);
    }
    assert_eq!(org.accounts_named("Compressed").await, 4);
    let job = json!({"object": "Account", "operation": "insert"}).to_string();
    let job = send(&org, Method::POST, "/jobs/ingest", "gzip", gzip(&job)).await.body;
    let rows: String = (0..30_000).map(|number| format!("Row {number}\n")).collect();
    let path = format!("/jobs/ingest/{}", job["id"].as_str().expect("an id"));
    let batches = format!("{path}/batches");
    assert_eq!(send(&org, Method::PUT, &batches, "gzip", gzip(&format!("Name\n{rows}"))).await.status, 201);
    org.patch(&path, json!({"state": "Aborted"})).await;
    let rest = org.get(&format!("{path}/unprocessedrecords")).await.text;
    assert!(rest.ends_with("\nRow 29999\n") && rest.lines().count() == 30_001, "{}", rest.len());
}

#[tokio::test]
async fn a_compressed_body_must_be_one_and_have_an_end() {
    let org = TestOrg::start().await;
    let bomb = gzip(&" ".repeat(17 * 1024 * 1024));
    assert!(bomb.len() < 100_000);
    let whole = gzip(r#"{"Name": "Cut"}"#);
    let cut = whole[..whole.len() - 6].to_vec();
    let job = org.post("/jobs/ingest", json!({"object": "Account", "operation": "insert"})).await.body;
    let batches = format!("/jobs/ingest/{}/batches", job["id"].as_str().expect("an id"));
    let big = gzip(&"0123456789abcdef\n".repeat(113 * 1024 * 1024 / 17));
    for (path, encoding, body, status, code) in [
        ("/sobjects/Account", "br", whole.clone(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/sobjects/Account", "gzip", b"{}".to_vec(), 400, "JSON_PARSER_ERROR"),
        ("/sobjects/Account", "gzip", cut.clone(), 400, "JSON_PARSER_ERROR"),
        ("/sobjects/Account", "deflate", whole.clone(), 400, "JSON_PARSER_ERROR"),
        ("/sobjects/Account", "gzip", bomb.clone(), 413, "REQUEST_TOO_LARGE"),
        ("/jobs/ingest", "gzip", b"{}".to_vec(), 400, "JSON_PARSER_ERROR"),
        ("/jobs/ingest", "br", b"{}".to_vec(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (&batches, "gzip", b"Name\nA\n".to_vec(), 400, "JSON_PARSER_ERROR"),
        (&batches, "gzip", cut, 400, "JSON_PARSER_ERROR"),
        (&batches, "gzip", big, 413, "REQUEST_TOO_LARGE"),
    ] {
        let method = if path == batches { Method::PUT } else { Method::POST };
        let reply = send(&org, method, path, encoding, body).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{path} {encoding}");
    }
    assert_eq!(org.accounts_named("Cut").await, 0);
    assert_eq!(send(&org, Method::PUT, &batches, "gzip", gzip("Name\nA\n")).await.status, 201, "the job is still open");
}

#[tokio::test]
async fn an_app_may_have_a_quota_of_its_own() {
    let org = TestOrg::start().await;
    let path = "/local/orgs/my-org/settings";
    let set = |quota: Value| org.control(Method::PUT, path, json!({"perAppApiUsage": quota}));
    assert_eq!(set(json!({"appName": "sample", "limit": 250})).await.status, 200);
    let expected = "api-usage=1/5000000; per-app-api-usage=1/250(appName=sample)";
    assert_eq!(org.get("/limits").await.header("sforce-limit-info"), Some(expected));
    let stored = org.control(Method::GET, path, Value::Null).await.body;
    assert_eq!(stored["perAppApiUsage"], json!({"appName": "sample", "limit": 250}));
    for wrong in [
        json!({"appName": "a\r\nb", "limit": 1}),
        json!({"appName": "", "limit": 1}),
        json!({"appName": "a"}),
        json!({"appName": "a", "limit": -1}),
        json!("a"),
    ] {
        assert_eq!(set(wrong.clone()).await.status, 400, "{wrong}");
    }
    let nothing = org.control(Method::PUT, path, json!({})).await;
    assert_eq!(nothing.body, json!({"hardDelete": [], "duplicateRules": []}));
    let reply = org.http.get(format!("{}{API}/limits", org.base)).bearer_auth(&org.token).send().await;
    let reply = read(reply.expect("an answer")).await.expect("a body");
    assert_eq!(reply.header("sforce-limit-info"), Some("api-usage=2/5000000"));
}
