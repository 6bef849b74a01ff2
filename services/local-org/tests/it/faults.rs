use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{API, TestOrg, until};

#[tokio::test]
async fn answers_with_a_status() {
    let org = TestOrg::start().await;
    org.fault(json!({"pathContains": "/sobjects/", "times": 1, "action": {"kind": "status", "status": 503,
        "errorCode": "SERVER_UNAVAILABLE", "message": "Server is unavailable", "retryAfter": 7}}))
        .await;
    let reply = org.post("/sobjects/Account", json!({"Name": "Refused"})).await;
    let expected = json!([{"message": "Server is unavailable", "errorCode": "SERVER_UNAVAILABLE"}]);
    assert_eq!((reply.status, &reply.body, reply.header("retry-after")), (503, &expected, Some("7")));
    assert_eq!(org.accounts_named("Refused").await, 0);
    org.account("Refused").await;
}

#[tokio::test]
async fn drops_the_connection_before_the_call_is_executed() {
    let org = TestOrg::start().await;
    org.fault(json!({"method": "POST", "times": 1, "action": {"kind": "dropBefore"}})).await;
    let reply = org.try_call(Method::POST, "/sobjects/Account", json!({"Name": "Lost"})).await;
    assert!(reply.is_err(), "{reply:?}");
    assert_eq!(org.accounts_named("Lost").await, 0);
}

#[tokio::test]
async fn drops_the_connection_after_the_call_was_executed() {
    let org = TestOrg::start().await;
    org.fault(json!({"method": "POST", "times": 1, "action": {"kind": "dropAfter"}})).await;
    let reply = org.try_call(Method::POST, "/sobjects/Account", json!({"Name": "Kept"})).await;
    assert!(reply.is_err(), "{reply:?}");
    assert_eq!(org.accounts_named("Kept").await, 1);
}

#[tokio::test]
async fn waits_before_or_after_the_call() {
    let org = TestOrg::start().await;
    for kind in ["delayBefore", "delayAfter"] {
        let rule = json!({"method": "POST", "times": 1, "action": {"kind": kind, "ms": 200}});
        org.fault(rule).await;
        let started = Instant::now();
        org.account(kind).await;
        assert!(started.elapsed() >= Duration::from_millis(200), "{kind}");
    }
}

#[tokio::test]
async fn a_client_that_gives_up_does_not_cancel_its_call() {
    let org = TestOrg::start().await;
    org.fault(json!({"method": "POST", "times": 1, "action": {"kind": "delayBefore", "ms": 300}})).await;
    let address = org.base.trim_start_matches("http://");
    let body = r#"{"Name": "Late"}"#;
    let request = format!(
        "POST {API}/sobjects/Account HTTP/1.1\r\nHost: {address}\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        org.token,
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    connection.write_all(request.as_bytes()).await.expect("the request is sent");
    until(|| async { org.counters().await["calls"]["total"] == 1 }).await;
    // The connection ends with a reset, as that of a process that was killed may.
    connection.set_zero_linger().expect("the option is set");
    drop(connection);
    until(|| async { org.accounts_named("Late").await == 1 }).await;
}

#[tokio::test]
async fn fails_records_of_an_object() {
    let org = TestOrg::start().await;
    org.fault(json!({"bodyContains": "Locked", "action": {"kind": "recordError", "object": "Contact",
        "errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record"}}))
        .await;
    let expected = json!({"message": "unable to obtain exclusive access to this record",
        "errorCode": "UNABLE_TO_LOCK_ROW", "fields": []});

    let reply = org.post("/sobjects/Contact", json!({"LastName": "Locked"})).await;
    assert_eq!((reply.status, reply.body), (400, json!([expected])));
    org.account("Locked").await;
    org.create("Contact", json!({"LastName": "Free"})).await;

    let records = json!([
        {"attributes": {"type": "Contact"}, "LastName": "Locked"},
        {"attributes": {"type": "Account"}, "Name": "In a collection"},
    ]);
    let reply = org.post("/composite/sobjects", json!({"records": records})).await;
    assert_eq!(reply.body[0]["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
    assert_eq!(reply.body[1]["success"], true);

    let node = |id: &str, object: &str, body: Value| {
        let url = format!("{API}/sobjects/{object}");
        json!({"method": "POST", "url": url, "referenceId": id, "body": body})
    };
    let graphs = json!([{"graphId": "g", "compositeRequest": [
        node("a", "Account", json!({"Name": "In a graph"})), node("c", "Contact", json!({"LastName": "Locked"})),
    ]}]);
    let reply = org.post("/composite/graph", json!({"graphs": graphs})).await;
    let nodes = &reply.body["graphs"][0]["graphResponse"]["compositeResponse"];
    assert_eq!(nodes[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(nodes[1]["body"][0], expected);
    assert_eq!(org.accounts_named("In a graph").await, 0);
}

#[tokio::test]
async fn rules_are_counted_and_removed() {
    let org = TestOrg::start().await;
    let status =
        json!({"kind": "status", "status": 500, "errorCode": "UNKNOWN_EXCEPTION", "message": "", "retryAfter": null});
    let first = org.fault(json!({"org": "my-org-sales-a", "action": {"kind": "dropBefore"}})).await;
    let second = org.fault(json!({"org": "my-org", "skip": 1, "times": 2, "action": status})).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(org.get("/limits").await.status);
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    let listed = org.control(Method::GET, "/local/faults", Value::Null).await.body;
    assert_eq!(
        listed[1],
        json!({"id": second, "hits": 2, "org": "my-org", "skip": 1, "times": 2, "forMs": null, "action": status})
    );
    assert_eq!((&listed[0]["id"], &listed[0]["hits"]), (&json!(first), &json!(0)));
    assert_eq!(org.control(Method::DELETE, &format!("/local/faults/{first}"), Value::Null).await.status, 204);
    assert_eq!(org.control(Method::DELETE, &format!("/local/faults/{first}"), Value::Null).await.status, 404);
    assert_eq!(org.control(Method::DELETE, "/local/faults", Value::Null).await.status, 204);
    assert_eq!(org.control(Method::GET, "/local/faults", Value::Null).await.body, json!([]));
}

#[tokio::test]
async fn the_control_api_has_none() {
    let org = TestOrg::start().await;
    org.fault(json!({"action": {"kind": "dropBefore"}})).await;
    assert_eq!(org.control(Method::GET, "/local/health", Value::Null).await.status, 200);
    assert!(org.try_call(Method::GET, "/limits", Value::Null).await.is_err());
}
