use serde_json::{Value, json};

use crate::support::TestOrg;

fn accounts(names: &[Value]) -> Vec<Value> {
    names.iter().map(|name| json!({"attributes": {"type": "Account"}, "Name": name})).collect()
}

#[tokio::test]
async fn creates_what_it_can() {
    let org = TestOrg::start().await;
    let records = accounts(&[json!("One"), Value::Null, json!("Three")]);
    let reply = org.post("/composite/sobjects", json!({"allOrNone": false, "records": records})).await;
    assert_eq!(reply.status, 200);
    let id = reply.body[0]["id"].clone();
    assert_eq!(reply.body[0], json!({"id": id, "success": true, "errors": []}));
    assert_eq!(
        reply.body[1],
        json!({"success": false, "errors": [{
        "statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Name]", "fields": ["Name"]}]})
    );
    assert_eq!(reply.body[2]["success"], true);
    assert_eq!(org.accounts_named("Three").await, 1);
}

#[tokio::test]
async fn creates_all_or_none() {
    let org = TestOrg::start().await;
    let records = accounts(&[json!("One"), Value::Null]);
    let reply = org.post("/composite/sobjects", json!({"allOrNone": true, "records": records})).await;
    assert_eq!(
        reply.body[0],
        json!({"success": false, "errors": [{
        "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
        "fields": []}]})
    );
    assert_eq!(reply.body[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(org.accounts_named("One").await, 0);
}

#[tokio::test]
async fn takes_200_records() {
    let org = TestOrg::start().await;
    let names: Vec<_> = (0..=200).map(|number| json!(format!("Account {number}"))).collect();
    let reply = org.post("/composite/sobjects", json!({"records": accounts(&names)})).await;
    assert_eq!((reply.status, reply.code()), (400, "EXCEEDED_ID_LIMIT"));
    let reply = org.post("/composite/sobjects", json!({"records": accounts(&names[1..])})).await;
    assert_eq!(reply.body.as_array().expect("results").len(), 200);
    assert_eq!(org.counters().await["rows"]["written"], 200);
}

#[tokio::test]
async fn updates_by_id() {
    let org = TestOrg::start().await;
    let id = org.account("Old").await;
    let records = json!([
        {"attributes": {"type": "Account"}, "id": id, "Name": "New"},
        {"attributes": {"type": "Account"}, "Name": "No id"},
        {"attributes": {"type": "Account"}, "Id": "001", "Name": "Bad id"},
    ]);
    let reply = org.patch("/composite/sobjects", json!({"records": records})).await;
    assert_eq!(reply.body[0], json!({"id": id, "success": true, "errors": []}));
    assert_eq!(reply.body[1]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    assert_eq!(reply.body[2]["errors"][0]["statusCode"], "MALFORMED_ID");
    assert_eq!(org.accounts_named("New").await, 1);
}

#[tokio::test]
async fn upserts_by_external_id() {
    let org = TestOrg::start().await;
    let records = json!([
        {"attributes": {"type": "Account"}, "Key__c": "a", "Name": "A"},
        {"attributes": {"type": "Account"}, "key__c": "a", "Name": "B"},
        {"attributes": {"type": "Account"}, "Name": "C"},
    ]);
    let reply = org.patch("/composite/sobjects/Account/Key__c", json!({"records": records})).await;
    assert_eq!((&reply.body[0]["created"], &reply.body[1]["created"]), (&json!(true), &json!(false)));
    assert_eq!(reply.body[0]["id"], reply.body[1]["id"]);
    assert_eq!(reply.body[2]["success"], false);
}

#[tokio::test]
async fn deletes_by_ids() {
    let org = TestOrg::start().await;
    let ids = [org.account("One").await, org.account("Two").await];
    let reply = org.delete(&format!("/composite/sobjects?ids={},001LO0000ZZZZZZ&allOrNone=true", ids[0])).await;
    assert_eq!(reply.body[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    let reply = org.delete(&format!("/composite/sobjects?ids={},{}&allOrNone=true", ids[0], ids[1])).await;
    assert_eq!(reply.body[1], json!({"id": ids[1], "success": true, "errors": []}));
    assert_eq!(org.accounts_named("One").await + org.accounts_named("Two").await, 0);
}

#[tokio::test]
async fn retrieves_many() {
    let org = TestOrg::start().await;
    let id = org.account("One").await;
    let missing = "001LO0000ZZZZZZ";
    let reply = org.post("/composite/sobjects/Account", json!({"ids": [id, missing], "fields": ["Name"]})).await;
    assert_eq!((&reply.body[0]["Name"], &reply.body[1]), (&json!("One"), &Value::Null));
    let by_get = org.get(&format!("/composite/sobjects/Account?ids={id},{missing}&fields=Name")).await;
    assert_eq!(by_get.body, reply.body);
    assert_eq!(org.post("/composite/sobjects/Nothing__c", json!({"ids": [id], "fields": []})).await.status, 404);
}
