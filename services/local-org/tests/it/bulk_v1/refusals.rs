use reqwest::Method;
use serde_json::{Value, json};

use super::{error, member};
use crate::support::{TestOrg, read};

#[tokio::test]
async fn errors_are_in_the_apis_own_shape() {
    let org = TestOrg::start().await;
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><error \
               xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><exceptionCode>InvalidSessionId</exceptionCode>\
               <exceptionMessage>Invalid session id</exceptionMessage></error>";
    let url = format!("{}/services/async/62.0/job/750000000000001", org.base);
    let request = org.http.get(&url).header("X-SFDC-Session", "nonsense");
    let reply = read(request.send().await.expect("an answer")).await.expect("a body");
    // 400, and not 401: clients look for the code.
    assert_eq!((reply.status, reply.text.as_str(), reply.header("content-type")), (400, xml, Some("application/xml")));
    let request = org.http.get(&url).bearer_auth(&org.token);
    let reply = read(request.send().await.expect("an answer")).await.expect("a body");
    assert_eq!(error(&reply), (400, "InvalidSessionId".to_owned(), "Unable to find session id".to_owned()));
    let request = org.http.get(&url).header("X-SFDC-Session", "nonsense").header("Content-Type", "application/json");
    let reply = read(request.send().await.expect("an answer")).await.expect("a body");
    let expected = json!({"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"});
    assert_eq!((reply.status, &reply.body), (400, &expected));
}

#[tokio::test]
async fn what_is_no_job_is_refused() {
    let org = TestOrg::start().await;
    let cases = [
        (json!({"operation": "insert"}), "InvalidJob"),
        (json!({"object": "Account"}), "InvalidJob"),
        (json!({"object": "Account", "operation": "merge"}), "InvalidJob"),
        (json!({"object": "Nothing", "operation": "insert"}), "InvalidEntity"),
        (json!({"object": "Nothing", "operation": "query"}), "InvalidEntity"),
        (json!({"object": "Account", "operation": "upsert"}), "InvalidJob"),
        (json!({"object": "Account", "operation": "upsert", "externalIdFieldName": "Phone"}), "InvalidJob"),
        (json!({"object": "Account", "operation": "insert", "contentType": "YAML"}), "InvalidJob"),
        (json!({"object": "Account", "operation": "insert", "contentType": "ZIP_CSV"}), "UnsupportedContentType"),
        (json!({"object": "Account", "operation": "insert", "concurrencyMode": 2}), "InvalidJob"),
        (json!([]), "ClientInputError"),
    ];
    for (body, expected) in cases {
        let reply = org.bulk(Method::POST, "/job", "application/json", &body.to_string()).await;
        assert_eq!((error(&reply).0, error(&reply).1.as_str()), (400, expected), "{body}: {}", reply.text);
    }
    for (body, expected) in [
        ("", "InvalidXML"),
        ("<jobInfo>", "InvalidXML"),
        ("<other/>", "InvalidXML"),
        ("<!DOCTYPE a [<!ENTITY b 'insert'>]><jobInfo><operation>&b;</operation></jobInfo>", "InvalidXML"),
        ("<jobInfo><operation>insert</operation></jobInfo>", "InvalidJob"),
    ] {
        let reply = org.bulk(Method::POST, "/job", "application/xml", body).await;
        assert_eq!((error(&reply).0, error(&reply).1.as_str()), (400, expected), "{body}: {}", reply.text);
    }
    // XML is the default of contents.
    let body = "<jobInfo><operation>insert</operation><object>Account</object></jobInfo>";
    let reply = org.bulk(Method::POST, "/job", "application/xml", body).await;
    assert_eq!((reply.status, member(&reply, "contentType")), (201, "XML".to_owned()));
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let org = TestOrg::start().await;
    let job = org.v1_job("Account", "insert", "CSV", Value::Null).await;
    let ingest = org.post("/jobs/ingest", json!({"object": "Account", "operation": "insert"})).await;
    let ingest = ingest.body["id"].as_str().expect("an id").to_owned();
    assert_ne!(ingest, job);
    let cases = [
        (Method::GET, "/job/750000000000001AAA".to_owned(), "InvalidJob"),
        (Method::GET, format!("/job/{ingest}"), "InvalidJob"),
        (Method::GET, "/job/nonsense".to_owned(), "InvalidJob"),
        (Method::GET, format!("/job/{job}/batch/751000000000001AAA"), "InvalidBatch"),
        (Method::GET, format!("/job/{job}/other"), "InvalidUrl"),
        (Method::GET, "/jobs".to_owned(), "InvalidOperation"),
        (Method::DELETE, format!("/job/{job}"), "InvalidUrl"),
        (Method::GET, "/job".to_owned(), "InvalidUrl"),
        (Method::POST, format!("/job/{job}"), "InvalidXML"),
    ];
    for (method, path, expected) in cases {
        let reply = org.bulk_with(method.clone(), &path, &[], "").await;
        assert_eq!((error(&reply).0, error(&reply).1.as_str()), (400, expected), "{method} {path}: {}", reply.text);
    }
    let url = format!("{}/services/async/900.0/job", org.base);
    let request = org.http.post(url).header("X-SFDC-Session", &org.token);
    let reply = read(request.send().await.expect("an answer")).await.expect("a body");
    assert_eq!(error(&reply).1, "InvalidVersion", "{}", reply.text);
    // 2.0 does not know the job either.
    assert_eq!(org.get(&format!("/jobs/ingest/{job}")).await.status, 404);
}

#[tokio::test]
async fn calls_count_and_faults_apply() {
    let org = TestOrg::start().await;
    let job = org.v1_job("Account", "insert", "CSV", Value::Null).await;
    let counters = org.counters().await;
    assert_eq!(counters["calls"]["byOperation"]["bulkV1Create"], 1, "{counters}");
    org.fault(json!({"pathContains": "/batch", "times": 1, "action": {"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE"}}))
        .await;
    let reply = org.bulk(Method::POST, &format!("/job/{job}/batch"), "text/csv", "Name\nA\n").await;
    assert_eq!(reply.status, 503, "{}", reply.text);
}
