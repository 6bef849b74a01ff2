use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{API, Reply, TestOrg, read, until};

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

/// Answers that the API never gives, to a request that is executed or not.
#[tokio::test]
async fn answers_anything_instead_of_its_own_or_after_the_work() {
    let org = TestOrg::start().await;
    let page = "We are down for maintenance";
    let table = [
        // Rule, status, content type, text in the body, whether the record is there.
        (json!({"status": 200, "body": {"kind": "html"}}), 200, "text/html;charset=UTF-8", page, 0),
        (json!({"status": 502, "body": {"kind": "html"}}), 502, "text/html;charset=UTF-8", page, 0),
        (json!({"body": {"kind": "empty"}}), 200, "", "", 0),
        (json!({"status": 423, "body": {"kind": "empty"}}), 423, "", "", 0),
        (json!({"status": 200, "body": {"kind": "truncated"}}), 200, "application/json;charset=UTF-8", "[{", 0),
        (json!({"body": {"kind": "json", "value": [7]}}), 200, "application/json;charset=UTF-8", "[7]", 0),
        (json!({"executed": true, "body": {"kind": "html"}}), 201, "text/html;charset=UTF-8", page, 1),
        (json!({"executed": true, "body": {"kind": "empty"}}), 201, "", "", 1),
        (
            json!({"executed": true, "status": 200, "body": {"kind": "own"}}),
            200,
            "application/json;charset=UTF-8",
            "success",
            1,
        ),
        (json!({"executed": true, "body": {"kind": "truncated"}}), 201, "application/json;charset=UTF-8", "", 1),
    ];
    for (number, (mut action, status, content_type, text, records)) in table.into_iter().enumerate() {
        action["kind"] = json!("answer");
        let name = format!("Account {number}");
        org.fault(json!({"bodyContains": name, "times": 1, "action": action})).await;
        let reply = org.post("/sobjects/Account", json!({"Name": name})).await;
        assert_eq!(
            (reply.status, reply.header("content-type").unwrap_or_default()),
            (status, content_type),
            "{action}"
        );
        assert!(reply.text.contains(text), "{action}: {}", reply.text);
        if action["body"]["kind"] == "truncated" {
            assert!(reply.body.is_null() && !reply.text.is_empty(), "{action}: {}", reply.text);
        }
        if action["body"]["kind"] == "empty" {
            assert_eq!(reply.text, "");
        }
        assert_eq!(org.accounts_named(&name).await, records, "{action}");
    }
    let own = json!({"action": {"kind": "answer", "body": {"kind": "own"}}});
    let reply = org.control(Method::POST, "/local/faults", own).await;
    assert_eq!((reply.status, reply.code(), &reply.body[0]["fields"]), (400, "INVALID_FAULT", &json!(["executed"])));
}

#[tokio::test]
async fn sends_the_body_slowly_or_half_of_it() {
    let org = TestOrg::start().await;
    org.account("Slow").await;
    let rule = |action| json!({"pathContains": "/query", "times": 1, "action": action});
    org.fault(rule(json!({"kind": "trickle", "ms": 200}))).await;
    let started = Instant::now();
    let reply = org.query("SELECT Name FROM Account WHERE Name = 'Slow'").await;
    assert_eq!(reply.body["records"][0]["Name"], "Slow", "{}", reply.text);
    assert!(started.elapsed() >= Duration::from_millis(200));
    org.fault(rule(json!({"kind": "dropDuring"}))).await;
    let reply = org.try_call(Method::GET, "/query?q=SELECT+Name+FROM+Account", Value::Null).await;
    assert!(reply.as_ref().is_err_and(|error| error.is_body() || error.is_decode()), "{reply:?}");
}

/// Each kind of API has the same faults: an odd answer to the calls of the Bulk API, OAuth, the add-on's and the data's.
#[tokio::test]
async fn every_api_takes_odd_answers() {
    let org = TestOrg::start().await;
    let job = org.post("/jobs/ingest", json!({"object": "Account", "operation": "insert"})).await.body;
    let id = job["id"].as_str().expect("an id").to_owned();
    let page = json!({"times": 1, "action": {"kind": "answer", "status": 200, "body": {"kind": "html"}}});
    let maintained = |reply: Reply, of: &str| {
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/html;charset=UTF-8")), "{of}");
    };
    for (method, path) in [
        (Method::PUT, format!("/jobs/ingest/{id}/batches")),
        (Method::PATCH, format!("/jobs/ingest/{id}")),
        (Method::GET, format!("/jobs/ingest/{id}/failedResults")),
        (Method::POST, "/composite".to_owned()),
        (Method::POST, "/composite/graph".to_owned()),
        (Method::GET, "/limits".to_owned()),
        (Method::GET, "/services/data".to_owned()),
        (Method::GET, "/services/oauth2/userinfo".to_owned()),
    ] {
        org.fault(page.clone()).await;
        maintained(org.call(method, &path, Value::Null).await, &path);
    }
    assert_eq!(org.get(&format!("/jobs/ingest/{id}")).await.body["state"], "Open");
    let post = |path: &str, form: &[(&str, &str)]| org.http.post(format!("{}{path}", org.base)).form(form);
    org.fault(page.clone()).await;
    let form = [("grant_type", "client_credentials"), ("client_id", "my-org")];
    let reply = post("/services/oauth2/token", &form).send().await.expect("an answer");
    maintained(read(reply).await.expect("a body"), "token");
    let addon = local_org::Addon::default();
    let url = format!("{}/addons/{}/authorizations/my-org", org.base, addon.id);
    org.fault(page).await;
    let reply = org.http.get(url).bearer_auth(&addon.token).header("X-App-UUID", &addon.app_id).send().await;
    maintained(read(reply.expect("an answer")).await.expect("a body"), "authorization");
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
