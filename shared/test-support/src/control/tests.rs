use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Answers one request with `answer` and gives back what was asked.
pub(super) async fn fake(status: &'static str, answer: &'static str) -> (Control, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        loop {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            request.extend_from_slice(&buffer[..count]);
            let text = String::from_utf8_lossy(&request);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                break;
            }
        }
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all((head + answer).as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (Control::new(base).unwrap(), asked)
}

#[tokio::test]
async fn a_query_is_encoded_and_its_answer_typed() {
    let (control, asked) = fake("200 OK", r#"{"totalSize":3,"records":[]}"#).await;
    let found = control.count("my-org", "SELECT COUNT() FROM Quote WHERE Name LIKE 'a+b%'").await.unwrap();
    assert_eq!(found, 3);
    let asked = asked.await.unwrap();
    let line = "GET /local/orgs/my-org/query?q=SELECT+COUNT%28%29+FROM+Quote+WHERE+Name+LIKE+%27a%2Bb%25%27 ";
    assert!(asked.starts_with(line), "{asked}");
}

#[tokio::test]
async fn a_refusal_shows_call_status_and_answer() {
    let (control, _asked) = fake("404 Not Found", r#"{"error":"no org"}"#).await;
    let error = control.seed("nowhere", 1, 1).await.unwrap_err().to_string();
    assert!(error.contains("404") && error.contains("POST /local/orgs/nowhere/seed"), "{error}");
    assert!(error.contains("no org"), "{error}");
}

#[tokio::test]
async fn counters_may_lack_operations() {
    let answer = r#"{"calls":{"total":2,"byOperation":{"query":2}},"rows":{"read":5,"written":0},"concurrent":{"now":0,"max":1}}"#;
    let (control, _asked) = fake("200 OK", answer).await;
    let counters = control.counters("my-org").await.unwrap();
    assert_eq!(counters.calls.total, 2);
    assert_eq!(counters.calls.by_operation.get("graph"), None);
}

#[tokio::test]
async fn the_administrator_is_the_first_user() {
    let answer = r#"[{"name":"my-org","id":"00DLO0000000001AAA","instanceUrl":"http://127.0.0.1:1","apiVersion":"62.0",
        "users":[{"id":"005","username":"admin@my-org.local","accessToken":"00D!x"}]}]"#;
    let (control, _asked) = fake("200 OK", answer).await;
    let (org, user) = control.org("my-org").await.unwrap();
    assert_eq!((org.api_version.as_str(), user.username.as_str()), ("62.0", "admin@my-org.local"));
}

#[tokio::test]
async fn a_session_is_a_user_with_a_token_of_their_own() {
    let answer = r#"{"accessToken":"00D!y","userId":"005","username":"sales.user@my-org.local"}"#;
    let (control, asked) = fake("201 Created", answer).await;
    let user = control.open_session("my-org", "sales.user@my-org.local", &["Set"]).await.unwrap();
    assert_eq!((user.id.as_str(), user.access_token.as_str()), ("005", "00D!y"));
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /local/orgs/my-org/sessions "), "{asked}");
    assert!(asked.ends_with(r#"{"user":"sales.user@my-org.local","permissionSets":["Set"]}"#), "{asked}");
}

#[test]
fn faults_have_the_form_of_the_control_api() {
    let locked = FaultAction::record_error("Quote", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access");
    let fault = Fault::new(locked).path("/composite/graph").org("my-org").skip(2).lasting(Duration::from_secs(3));
    assert_eq!(
        serde_json::to_value(&fault).unwrap(),
        json!({
            "org": "my-org", "pathContains": "/composite/graph", "skip": 2, "times": 1, "forMs": 3000,
            "action": {"kind": "recordError", "object": "Quote", "errorCode": "UNABLE_TO_LOCK_ROW",
                       "message": "unable to obtain exclusive access", "fields": []},
        })
    );
    let busy = Fault::new(FaultAction::status(503, "SERVER_UNAVAILABLE", "busy")).always();
    assert_eq!(
        serde_json::to_value(&busy).unwrap(),
        json!({"skip": 0, "times": null, "forMs": null, "action": {"kind": "status", "status": 503,
               "errorCode": "SERVER_UNAVAILABLE", "message": "busy", "retryAfter": null}})
    );
    assert_eq!(serde_json::to_value(FaultAction::DropAfter).unwrap(), json!({"kind": "dropAfter"}));
    assert_eq!(
        serde_json::to_value(FaultAction::instead(200, FaultBody::Html)).unwrap(),
        json!({"kind": "answer", "executed": false, "status": 200, "body": {"kind": "html"}})
    );
    assert_eq!(
        serde_json::to_value(FaultAction::afterwards(None, FaultBody::Json { value: json!([]) })).unwrap(),
        json!({"kind": "answer", "executed": true, "body": {"kind": "json", "value": []}})
    );
}
