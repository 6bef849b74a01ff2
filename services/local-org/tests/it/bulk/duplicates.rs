//! Duplicate rules, over REST and in bulk; and rows that name the same record.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, Reply, TestOrg, read};

async fn post_allowing(org: &TestOrg, body: Value) -> Reply {
    let request = org.http.post(format!("{}{API}/sobjects/Account", org.base)).bearer_auth(&org.token);
    let request = request.header("Sforce-Duplicate-Rule-Header", "allowSave=true").json(&body);
    read(request.send().await.expect("an answer")).await.expect("a body")
}

#[tokio::test]
async fn are_off_until_they_are_set() {
    let org = TestOrg::start().await;
    let first = org.account("Same").await;
    org.account("Same").await;
    org.settings(json!({"duplicateRules": [{"object": "account", "field": "name"}]})).await;
    let reply = org.post("/sobjects/Account", json!({"Name": "same"})).await;
    assert_eq!((reply.status, reply.code()), (400, "DUPLICATES_DETECTED"));
    let result = &reply.body[0]["duplicateResult"];
    assert_eq!((&result["allowSave"], &result["duplicateRuleEntityType"]), (&json!(true), &json!("Account")));
    let matches = &result["matchResults"][0];
    assert_eq!((&matches["size"], &matches["matchRecords"][0]["record"]["Id"]), (&json!(2), &json!(first)));

    assert_eq!(post_allowing(&org, json!({"Name": "Same"})).await.status, 201);
    let other = org.account("Other").await;
    let path = format!("/sobjects/Account/{other}");
    assert_eq!(org.patch(&path, json!({"Name": "Same"})).await.code(), "DUPLICATES_DETECTED");
    assert_eq!(org.patch(&path, json!({"Name": "Other", "Phone": "1"})).await.status, 204, "like itself");
    org.settings(json!({})).await;
    assert_eq!(org.patch(&path, json!({"Name": "Same"})).await.status, 204);
}

#[tokio::test]
async fn apply_to_each_row_of_a_load() {
    let org = TestOrg::start().await;
    org.settings(json!({"duplicateRules": [{"object": "Account", "field": "Name"}]})).await;
    let job = org.load("Account", "insert", Value::Null, "Name,Phone\nTwin,1\nTwin,2\nSingle,3\n").await;
    let rows = org.rows(&job, "failedResults").await;
    assert_eq!((rows.len(), rows[1][1].as_str()), (2, "DUPLICATES_DETECTED:Use one of these records?:--"));
    assert_eq!(job["numberRecordsProcessed"], 3);
    let csv = "Key__c,Name\nk,Keyed\n";
    let upsert = json!({"externalIdFieldName": "Key__c"});
    for _ in 0..2 {
        let job = org.load("Account", "upsert", upsert.clone(), csv).await;
        assert_eq!(job["numberRecordsFailed"], 0, "the second one finds itself");
    }
    let job = org.load("Account", "upsert", upsert, "Key__c,Name\nl,Keyed\n").await;
    assert_eq!(job["numberRecordsFailed"], 1);
}

#[tokio::test]
async fn rows_of_the_same_key_are_refused_within_two_hundred() {
    let org = TestOrg::start().await;
    let upsert = json!({"externalIdFieldName": "Key__c"});
    // The first and the last row have the same key: they are in the same batch, or not.
    for (rows, failed) in [(200, 2), (201, 0)] {
        let keys = (1..rows).map(|number| format!("k{number},Row\n")).collect::<String>();
        let csv = format!("Key__c,Name\n{keys}k1,Last\n");
        let job = org.load("Account", "upsert", upsert.clone(), &csv).await;
        assert_eq!(
            (&job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
            (&json!(rows), &json!(failed)),
            "{job}"
        );
        let last = u64::from(failed == 0);
        assert_eq!(org.accounts_named("Last").await, last);
        for row in &org.rows(&job, "failedResults").await[1..] {
            assert_eq!(row[..3], ["", "DUPLICATE_VALUE:Duplicate external id specified: k1:Key__c --", "k1"]);
        }
    }
    let id = org.account("Old").await;
    let csv = format!("Id,Name\n{}", (0..14).map(|number| format!("{id},{number}\n")).collect::<String>());
    let job = org.load("Account", "update", Value::Null, &csv).await;
    assert_eq!(job["numberRecordsFailed"], 1, "{job}");
    let rows = org.rows(&job, "failedResults").await;
    let reason = "DUPLICATE_VALUE:Maximum number of duplicate updates in one batch (12 allowed)";
    assert!(rows[1][1].starts_with(reason) && rows[1][3] == "13", "{rows:?}");
}

#[tokio::test]
async fn settings_are_checked() {
    let org = TestOrg::start().await;
    let path = "/local/orgs/my-org/settings";
    let default = json!({"hardDelete": [], "duplicateRules": []});
    assert_eq!(org.control(Method::GET, path, Value::Null).await.body, default);
    for wrong in [
        json!({"duplicateRules": [{"object": "Nothing", "field": "Name"}]}),
        json!({"duplicateRules": [{"object": "Account", "field": "Nothing"}]}),
        json!({"hardDelete": true}),
        json!({"unknown": 1}),
    ] {
        assert_eq!(org.control(Method::PUT, path, wrong.clone()).await.status, 400, "{wrong}");
    }
    assert_eq!(org.control(Method::GET, path, Value::Null).await.body, default);
    assert_eq!(org.control(Method::GET, "/local/orgs/nothing/settings", Value::Null).await.status, 404);
}
