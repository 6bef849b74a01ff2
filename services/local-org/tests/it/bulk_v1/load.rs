use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use super::{error, media_type, member, members};
use crate::bulk::parse;
use crate::support::TestOrg;

const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";
/// Milliseconds that a batch waits before it is processed.
const DELAY: i64 = 200;

#[tokio::test]
async fn a_job_in_xml_from_its_creation_to_its_end() {
    let org = TestOrg::start().await;
    let created = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><jobInfo xmlns=\"{NAMESPACE}\"><operation>insert</operation>\
         <object>account</object><contentType>CSV</contentType></jobInfo>"
    );
    let job = org.bulk(Method::POST, "/job", "application/xml; charset=UTF-8", &created).await;
    assert_eq!((job.status, job.header("content-type")), (201, Some("application/xml")), "{}", job.text);
    assert!(job.text.contains(&format!("<jobInfo xmlns=\"{NAMESPACE}\"><id>750")), "{}", job.text);
    let seen: Vec<_> = ["operation", "object", "state", "concurrencyMode", "contentType", "apiVersion"]
        .map(|name| member(&job, name))
        .into();
    assert_eq!(seen, ["insert", "Account", "Open", "Parallel", "CSV", "62.0"]);
    assert!(member(&job, "createdDate").ends_with('Z'), "{}", job.text);
    let id = member(&job, "id");
    let batch = org.bulk(Method::POST, &format!("/job/{id}/batch"), "text/csv", "Name,Phone\nOne,1\n,2\nTwo,\n").await;
    assert_eq!((batch.status, member(&batch, "jobId")), (201, id.clone()), "{}", batch.text);
    let batch = member(&batch, "id");
    assert!(batch.starts_with("751"), "{batch}");
    // It is processed while the job is open.
    let info = org.v1_ended(&id, &batch).await;
    let numbers = ["state", "numberRecordsProcessed", "numberRecordsFailed"].map(|name| member(&info, name));
    assert_eq!(numbers, ["Completed", "3", "1"], "{}", info.text);
    let close = format!("<jobInfo xmlns=\"{NAMESPACE}\"><state>Closed</state></jobInfo>");
    let closed = org.bulk(Method::POST, &format!("/job/{id}"), "application/xml", &close).await;
    let seen =
        ["state", "numberBatchesTotal", "numberBatchesCompleted", "numberRecordsProcessed", "numberRecordsFailed"]
            .map(|name| member(&closed, name));
    assert_eq!((closed.status, seen), (200, ["Closed", "1", "1", "3", "1"].map(str::to_owned)), "{}", closed.text);
    let result = org.v1_get(&format!("/job/{id}/batch/{batch}/result")).await;
    assert_eq!(result.header("content-type"), Some("text/csv"));
    let rows = parse(&result.text);
    assert_eq!(rows[0], ["Id", "Success", "Created", "Error"]);
    let ids = [rows[1][0].as_str(), rows[3][0].as_str()];
    for (id, name) in ids.iter().zip(["One", "Two"]) {
        let record = org.get(&format!("/sobjects/Account/{id}?fields=Name")).await.body;
        assert_eq!(record["Name"], name, "results are in the order of the rows");
    }
    assert_eq!(rows[1][1..], ["true", "true", ""]);
    let refused = "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --";
    assert_eq!(rows[2], ["", "false", "false", refused]);
    let request = org.v1_get(&format!("/job/{id}/batch/{batch}/request")).await;
    assert_eq!(
        (request.text.as_str(), request.header("content-type")),
        ("Name,Phone\nOne,1\n,2\nTwo,\n", Some("text/csv"))
    );
    let late = org.bulk(Method::POST, &format!("/job/{id}/batch"), "text/csv", "Name\nThree\n").await;
    assert_eq!(error(&late).1, "InvalidJobState", "{}", late.text);
    let list = org.v1_get(&format!("/job/{id}/batch")).await;
    assert_eq!(members(&list.text, "state"), ["Completed"], "{}", list.text);
    assert!(list.text.contains(&format!("<batchInfoList xmlns=\"{NAMESPACE}\"><batchInfo><id>")), "{}", list.text);
}

#[tokio::test]
async fn a_job_in_json_tells_what_became_of_each_record() {
    let org = TestOrg::start().await;
    // simple-salesforce sends the number of the mode.
    let job = org.v1_job("Account", "insert", "JSON", json!({"concurrencyMode": 0})).await;
    let records = json!([
        {"attributes": {"type": "Account"}, "Name": "One", "NumberOfEmployees": 7, "Phone": null},
        {"Phone": "1"},
        {"Name": "Two", "Rating__c": "Terrible"},
    ]);
    let batch = org.v1_batch(&job, "application/json", &records.to_string()).await;
    let info = org.v1_ended(&job, &batch).await;
    assert_eq!(info.header("content-type"), Some("application/json"));
    assert_eq!((&info.body["numberRecordsProcessed"], &info.body["numberRecordsFailed"]), (&json!(3), &json!(2)));
    assert!(info.body["createdDate"].as_str().is_some_and(|date| date.ends_with("+0000")), "{}", info.text);
    let result = org.v1_get(&format!("/job/{job}/batch/{batch}/result")).await;
    let id = result.body[0]["id"].as_str().expect("an id");
    assert_eq!(result.body[0], json!({"success": true, "created": true, "id": id, "errors": []}));
    let record = org.get(&format!("/sobjects/Account/{id}?fields=Name,NumberOfEmployees")).await.body;
    assert_eq!((&record["Name"], &record["NumberOfEmployees"]), (&json!("One"), &json!(7)));
    let refused = json!({
        "message": "Required fields are missing: [Name]",
        "fields": ["Name"],
        "statusCode": "REQUIRED_FIELD_MISSING",
        "extendedErrorDetails": null,
    });
    assert_eq!(result.body[1], json!({"success": false, "created": false, "id": null, "errors": [refused]}));
    assert_eq!(result.body[2]["errors"][0]["statusCode"], "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    let request = org.v1_get(&format!("/job/{job}/batch/{batch}/request")).await;
    assert_eq!(request.body, records);
    let list = org.v1_get(&format!("/job/{job}/batch")).await.body;
    assert_eq!((&list["batchInfo"][0]["id"], &list["batchInfo"][0]["state"]), (&json!(batch), &json!("Completed")));
}

#[tokio::test]
async fn records_in_xml_name_parents_and_nulls() {
    let org = TestOrg::start().await;
    let parent = org.create("Account", json!({"Name": "Parent", "Key__c": "p"})).await;
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><sObjects xmlns=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><sObject><LastName>A &amp; B</LastName>\
         <Phone xsi:nil=\"true\"/><Account><sObject><Key__c>p</Key__c></sObject></Account></sObject>\
         <sObject><FirstName>Nobody</FirstName></sObject></sObjects>"
    );
    let result = org.v1_load("Contact", "insert", "XML", Value::Null, &xml).await;
    assert_eq!(result.header("content-type"), Some("application/xml"));
    assert_eq!(members(&result.text, "success"), ["true", "false"], "{}", result.text);
    assert_eq!(members(&result.text, "statusCode"), ["REQUIRED_FIELD_MISSING"]);
    assert_eq!(members(&result.text, "fields"), ["LastName"]);
    let id = &members(&result.text, "id")[0];
    let record = org.get(&format!("/sobjects/Contact/{id}?fields=LastName,AccountId")).await.body;
    assert_eq!((&record["LastName"], &record["AccountId"]), (&json!("A & B"), &json!(parent)));
}

#[tokio::test]
async fn null_empties_a_field_and_what_is_not_named_stays() {
    let org = TestOrg::start().await;
    for kind in ["CSV", "JSON", "XML"] {
        let id = org.create("Account", json!({"Name": "Kept", "Phone": "1", "Site": "s"})).await;
        let contents = match kind {
            "CSV" => format!("Id,Name,Phone\n{id},,#N/A\n"),
            "JSON" => json!([{"Id": id, "Phone": null}]).to_string(),
            _ => format!(
                "<sObjects xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><sObject><Id>{id}</Id>\
                 <Phone xsi:nil=\"true\"/></sObject></sObjects>"
            ),
        };
        let result = org.v1_load("Account", "update", kind, Value::Null, &contents).await;
        assert!(result.text.contains(&id), "{kind}: {}", result.text);
        let record = org.get(&format!("/sobjects/Account/{id}?fields=Name,Phone,Site")).await.body;
        let seen = (&record["Name"], &record["Phone"], &record["Site"]);
        assert_eq!(seen, (&json!("Kept"), &Value::Null, &json!("s")), "{kind}");
    }
}

#[tokio::test]
async fn upserts_deletes_and_hard_deletes() {
    let org = TestOrg::start().await;
    let known = org.create("Account", json!({"Name": "Old", "Key__c": "a"})).await;
    let key = json!({"externalIdFieldName": "key__c"});
    let records = json!([{"Key__c": "a", "Name": "New"}, {"Key__c": "b", "Name": "Other"}, {"Name": "Keyless"}]);
    let result = org.v1_load("Account", "upsert", "JSON", key, &records.to_string()).await.body;
    assert_eq!((&result[0]["id"], &result[0]["created"]), (&json!(known), &json!(false)));
    assert_eq!(
        (&result[1]["created"], &result[2]["errors"][0]["statusCode"]),
        (&json!(true), &json!("MISSING_ARGUMENT"))
    );
    let contents = json!([{"Id": known}]).to_string();
    let result = org.v1_load("Account", "delete", "JSON", Value::Null, &contents).await.body;
    assert_eq!(result[0], json!({"success": true, "created": false, "id": known, "errors": []}));
    let body = json!({"object": "Account", "operation": "hardDelete", "contentType": "JSON"}).to_string();
    let refused = org.bulk(Method::POST, "/job", "application/json", &body).await;
    assert_eq!(error(&refused).1, "FeatureNotEnabled", "{}", refused.text);
    let other = result_id(&org, "Other").await;
    let settings = json!({"hardDelete": ["admin@my-org.local"]});
    let reply = org.control(Method::PUT, "/local/orgs/my-org/settings", settings).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let contents = json!([{"Id": other}]).to_string();
    let result = org.v1_load("Account", "hardDelete", "JSON", Value::Null, &contents).await.body;
    assert_eq!(result[0]["success"], true, "{result}");
}

async fn result_id(org: &TestOrg, name: &str) -> String {
    let found = org.query(&format!("SELECT Id FROM Account WHERE Name = '{name}'")).await.body;
    found["records"][0]["Id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_fails_as_a_whole() {
    let org = TestOrg::start().await;
    let ids = |count: usize| format!("Name\n{}", "a\n".repeat(count));
    let many = ids(10_001);
    for (kind, contents, expected) in [
        ("CSV", "Name,Colour\na,red\n", "InvalidBatch : Field name not found : Colour"),
        ("JSON", "[{\"Name\": \"a\", \"Colour\": \"red\"}]", "InvalidBatch : Field name not found : Colour"),
        ("JSON", "{", "InvalidBatch : Failed to parse JSON"),
        ("XML", "<sObjects><sObject>", "InvalidBatch : Failed to parse XML"),
        (
            "CSV",
            &many,
            "InvalidBatch : Exceeded number of records: 10002. Number of records should be less than or equal to 10001",
        ),
    ] {
        let job = org.v1_job("Account", "insert", kind, Value::Null).await;
        let batch = org.v1_batch(&job, media_type(kind), contents).await;
        let info = org.v1_ended(&job, &batch).await;
        assert_eq!(
            (member(&info, "state"), member(&info, "numberRecordsProcessed")),
            ("Failed".to_owned(), "0".to_owned())
        );
        assert!(member(&info, "stateMessage").starts_with(expected), "{}", info.text);
        let result = org.v1_get(&format!("/job/{job}/batch/{batch}/result")).await;
        let expected = (400, "InvalidBatch".to_owned(), "Records not processed".to_owned());
        assert_eq!(error(&result), expected, "{}", result.text);
    }
    assert_eq!(org.accounts_named("a").await, 0);
}

#[tokio::test]
async fn an_aborted_job_leaves_what_has_not_begun() {
    let costs = local_org::costs::Costs { bulk_delay_ms: 60_000, ..local_org::costs::Costs::default() };
    let org = TestOrg::start_with(costs).await;
    let job = org.v1_job("Account", "insert", "CSV", Value::Null).await;
    let batch = org.v1_batch(&job, "text/csv", "Name\nNever\n").await;
    let info = org.v1_get(&format!("/job/{job}/batch/{batch}")).await;
    assert_eq!(member(&info, "state"), "Queued", "{}", info.text);
    let early = org.v1_get(&format!("/job/{job}/batch/{batch}/result")).await;
    assert_eq!(error(&early), (400, "InvalidBatch".to_owned(), "Batch not completed".to_owned()));
    let abort = "{\"state\":\"Aborted\"}";
    let reply = org.bulk(Method::POST, &format!("/job/{job}"), "application/json", abort).await;
    assert_eq!((reply.status, reply.body["state"].as_str()), (200, Some("Aborted")), "{}", reply.text);
    let info = org.v1_get(&format!("/job/{job}/batch/{batch}")).await;
    assert_eq!(member(&info, "state"), "NotProcessed", "{}", info.text);
    let again = org.bulk(Method::POST, &format!("/job/{job}"), "application/json", abort).await;
    assert_eq!(error(&again).1, "InvalidJobState");
    let closed = org.bulk(Method::POST, &format!("/job/{job}"), "application/json", "{\"state\":\"Closed\"}").await;
    assert_eq!(error(&closed).1, "InvalidJobState");
    assert_eq!(org.accounts_named("Never").await, 0);
}

#[tokio::test]
async fn serial_batches_run_one_after_another() {
    let org = TestOrg::start().await;
    let job = org.v1_job("Account", "insert", "CSV", json!({"concurrencyMode": "Serial"})).await;
    let info = org.v1_get(&format!("/job/{job}")).await;
    assert_eq!(member(&info, "concurrencyMode"), "Serial");
    let costs = json!({"bulkDelayMs": DELAY});
    assert!(org.control(Method::PUT, "/local/costs", costs).await.status < 300);
    let mut batches = Vec::new();
    for name in ["a", "b", "c"] {
        batches.push(org.v1_batch(&job, "text/csv", &format!("Name\nSerial {name}\n")).await);
    }
    let mut ends = Vec::new();
    for batch in &batches {
        let info = org.v1_ended(&job, batch).await;
        ends.push(member(&info, "systemModstamp").parse::<DateTime<Utc>>().expect("a time"));
    }
    ends.sort();
    // Each waits its time after the end of the one before; side by side all would end together.
    for pair in ends.windows(2) {
        assert!(pair[1] - pair[0] >= TimeDelta::milliseconds(DELAY - 1), "{ends:?}");
    }
}

#[tokio::test]
async fn rows_of_a_batch_with_the_same_key_are_refused() {
    let org = TestOrg::start().await;
    let key = json!({"externalIdFieldName": "Key__c"});
    let records = json!([{"Key__c": "k", "Name": "1"}, {"Key__c": "k", "Name": "2"}]).to_string();
    let result = org.v1_load("Account", "upsert", "JSON", key, &records).await.body;
    for row in 0..2 {
        assert_eq!(result[row]["errors"][0]["statusCode"], "DUPLICATE_VALUE", "{result}");
    }
}

#[tokio::test]
async fn compressed_batches_are_read() {
    use std::io::Write as _;
    let org = TestOrg::start().await;
    let job = org.v1_job("Account", "insert", "CSV", Value::Null).await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"Name\nCompressed\n").expect("written");
    let url = format!("{}/services/async/62.0/job/{job}/batch", org.base);
    let request = org.http.post(url).header("X-SFDC-Session", &org.token).header("Content-Type", "text/csv");
    let request = request.header("Content-Encoding", "gzip").body(encoder.finish().expect("finished"));
    let reply = crate::support::read(request.send().await.expect("an answer")).await.expect("a body");
    assert_eq!(reply.status, 201, "{}", reply.text);
    org.v1_ended(&job, &member(&reply, "id")).await;
    assert_eq!(org.accounts_named("Compressed").await, 1);
}
