use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestOrg;

#[tokio::test]
async fn refuses_wrong_requests() {
    let org = TestOrg::start().await;
    for (more, code, text) in [
        (json!({"object": "Nothing"}), "INVALIDENTITY", "Nothing"),
        (json!({"object": "Organization"}), "INVALIDENTITY", "Organization"),
        (json!({"object": null}), "INVALIDJOB", "object"),
        (json!({"operation": "explode"}), "JSON_PARSER_ERROR", "operation"),
        (json!({"operation": null}), "INVALIDJOB", "operation"),
        (json!({"operation": "upsert"}), "INVALIDJOB", "External ID was blank"),
        (json!({"operation": "upsert", "externalIdFieldName": "Name"}), "INVALIDJOB", "Name"),
        (json!({"operation": "upsert", "externalIdFieldName": "Nothing__c"}), "INVALIDJOB", "Nothing__c"),
        (json!({"externalIdFieldName": "Key__c"}), "INVALIDJOB", "externalIdFieldName"),
        (json!({"columnDelimiter": "COLON"}), "JSON_PARSER_ERROR", "columnDelimiter"),
        (json!({"lineEnding": "CR"}), "JSON_PARSER_ERROR", "lineEnding"),
        (json!({"contentType": "JSON"}), "JSON_PARSER_ERROR", "contentType"),
    ] {
        let mut body = json!({"object": "Account", "operation": "insert"});
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        let reply = org.post("/jobs/ingest", body).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{more}: {}", reply.text);
        assert!(reply.text.contains(text), "{more}: {}", reply.text);
    }
    assert_eq!(org.post("/jobs/ingest", json!([1])).await.code(), "JSON_PARSER_ERROR");
    assert_eq!(org.get("/jobs/ingest").await.body["records"], json!([]), "none was made");
}

#[tokio::test]
async fn refuses_what_does_not_exist() {
    let org = TestOrg::start().await;
    for path in [
        "/jobs/ingest/750LO0000000009AAA",
        "/jobs/ingest/nonsense",
        "/jobs/other",
        "/jobs/query/750LO0000000001YAA/results",
        "/services/data/v49.0/jobs/ingest",
    ] {
        let reply = org.get(path).await;
        assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND"), "{path}");
    }
    let reply = org.call(Method::PUT, "/jobs/ingest", Value::Null).await;
    assert_eq!((reply.status, reply.code()), (405, "METHOD_NOT_ALLOWED"));
    let mut stranger = TestOrg::start().await;
    stranger.token = "00DLO0000000001!AQnobody".to_owned();
    assert_eq!(stranger.get("/jobs/ingest").await.code(), "INVALID_SESSION_ID");
    assert_eq!(stranger.upload("750LO0000000001YAA", &"x".repeat(3_000_000)).await.code(), "INVALID_SESSION_ID");
}

#[tokio::test]
async fn a_job_whose_contents_are_wrong_fails_as_a_whole() {
    let org = TestOrg::start().await;
    for (operation, more, csv, message) in [
        ("insert", Value::Null, "Name,Nothing__c\nA,b\n", "InvalidBatch : Field name not found : Nothing__c"),
        ("insert", Value::Null, "Name,Owner.Nothing\nA,b\n", "InvalidBatch : Field name not found : Owner.Nothing"),
        ("insert", Value::Null, "Name,Name\nA,b\n", "InvalidBatch : Field name given twice : Name"),
        ("delete", Value::Null, "Id,Name\nA,b\n", "InvalidBatch : A delete batch must contain only ids"),
        (
            "insert",
            Value::Null,
            "Name\r\nA\r\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        (
            "insert",
            json!({"lineEnding": "CRLF"}),
            "Name\nA\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF",
        ),
        ("insert", Value::Null, "", "InvalidBatch : The CSV file has no header row"),
    ] {
        let job = org.load("Account", operation, more, csv).await;
        assert_eq!((&job["state"], &job["errorMessage"]), (&json!("Failed"), &json!(message)), "{csv:?}");
        assert_eq!(job["numberRecordsProcessed"], 0);
        let rest = org.result(&job, "unprocessedrecords").await.text;
        assert_eq!(rest.replace('\r', ""), csv.replace('\r', ""), "all rows are unprocessed");
    }
    let job = org.job("Account", "insert", Value::Null).await;
    org.set_state(&job, "UploadComplete").await;
    assert_eq!(org.ended("ingest", &job).await["errorMessage"], "InvalidBatch : No data was uploaded");
}

#[tokio::test]
async fn what_comes_before_a_broken_row_is_kept() {
    let org = TestOrg::start().await;
    let rows: String = (0..250).map(|number| format!("Before {number}\n")).collect();
    let broken = format!("\"{}\"\n", "x".repeat(131_073));
    let job = org.load("Account", "insert", Value::Null, &format!("Name\n{rows}{broken}After\n")).await;
    assert_eq!((&job["state"], &job["numberRecordsProcessed"]), (&json!("Failed"), &json!(250)), "{job}");
    assert_eq!(org.rows(&job, "successfulResults").await.len(), 251);
    let rest = org.result(&job, "unprocessedrecords").await.text;
    assert!(rest.starts_with("Name\n\"xxx") && rest.ends_with("x\"\nAfter\n"), "{}", rest.len());
}

#[tokio::test]
async fn contents_have_a_limit() {
    let org = TestOrg::start().await;
    let job = org.job("Account", "insert", Value::Null).await;
    let mut csv = "Name\n".to_owned();
    csv.extend(std::iter::repeat_n("0123456789abcdef\n", 120 * 1024 * 1024 / 17));
    let reply = org.upload(&job, &csv).await;
    assert_eq!((reply.status, reply.code()), (413, "REQUEST_TOO_LARGE"));
    assert_eq!(org.upload(&job, "Name\nFits\n").await.status, 201, "the job is still open");
}

#[tokio::test]
async fn a_field_that_the_user_may_not_see_is_not_there() {
    let mut org = TestOrg::start().await;
    let orgs = org.control(Method::GET, "/local/orgs", Value::Null).await.body;
    let users = orgs[0]["users"].as_array().expect("users");
    let other = users.iter().find(|user| user["username"] != "admin@my-org.local").expect("another user");
    org.token = other["accessToken"].as_str().expect("a token").to_owned();
    let job = org.load("Account", "insert", Value::Null, "Name,Key__c\nHidden,k\n").await;
    assert_eq!(job["errorMessage"], "InvalidBatch : Field name not found : Key__c", "{job}");
    let job = org.load("Account", "insert", Value::Null, "Name\nSeen\n").await;
    assert_eq!((&job["createdById"], &job["numberRecordsFailed"]), (&other["id"], &json!(0)), "{job}");
    let reply = org.post("/jobs/query", json!({"operation": "query", "query": "SELECT Key__c FROM Account"})).await;
    assert_eq!((reply.status, reply.code()), (400, "INVALID_FIELD"));
}
