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

/// AppLink's SDK for Node.js writes `id`, the one for Python `Id`.
#[tokio::test]
async fn an_id_may_be_spelled_in_any_way() {
    let org = TestOrg::start().await;
    for name in ["Id", "id", "ID"] {
        let account = org.account("Before").await;
        let records = json!([{"attributes": {"type": "Account"}, name: account, "Name": "After"}]);
        let reply = org.patch("/composite/sobjects", json!({"records": records})).await;
        assert_eq!(reply.body[0], json!({"id": account, "success": true, "errors": []}), "{name}");
    }
    assert_eq!((org.accounts_named("Before").await, org.accounts_named("After").await), (0, 3));
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
    org.create("Account", json!({"Name": "Old", "Key__c": "b"})).await;
    let records = json!([
        {"attributes": {"type": "Account"}, "Key__c": "a", "Name": "A"},
        {"attributes": {"type": "Account"}, "key__c": "b", "Name": "B"},
        {"attributes": {"type": "Account"}, "Name": "C"},
        {"attributes": {"type": "Account"}, "Name": "D"},
    ]);
    let reply = org.patch("/composite/sobjects/Account/Key__c", json!({"records": records})).await;
    assert_eq!((&reply.body[0]["created"], &reply.body[1]["created"]), (&json!(true), &json!(false)));
    let missing = "MISSING_ARGUMENT";
    assert_eq!(
        (&reply.body[2]["success"], &reply.body[3]["errors"][0]["statusCode"]),
        (&json!(false), &json!(missing))
    );
    assert_eq!((org.accounts_named("B").await, org.accounts_named("Old").await), (1, 0));
}

#[tokio::test]
async fn an_upsert_refuses_all_records_of_a_key_that_is_there_twice() {
    let org = TestOrg::start().await;
    let existing = org.create("Account", json!({"Name": "Old", "Key__c": "b"})).await;
    let record = |key: &str, name: &str| json!({"attributes": {"type": "Account"}, "Key__c": key, "Name": name});
    // Case does not matter in this field.
    let records = [record("a", "1"), record("b", "2"), record("A", "3"), record("c", "4"), record("b", "5")];
    let upsert = "/composite/sobjects/Account/key__c";
    let reply = org.patch(upsert, json!({"records": records})).await;
    let refused = |key: &str| {
        json!({"success": false, "errors": [{"statusCode": "DUPLICATE_VALUE",
            "message": format!("Duplicate external id specified: {key}"), "fields": ["Key__c"]}]})
    };
    for (place, key) in [(0, "a"), (1, "b"), (2, "A"), (4, "b")] {
        assert_eq!(reply.body[place], refused(key));
    }
    assert_eq!(reply.body[3]["created"], true);
    assert_eq!(
        (org.accounts_named("Old").await, org.accounts_named("1").await),
        (1, 0),
        "neither inserted nor updated"
    );
    let reply = org
        .patch(upsert, json!({"allOrNone": true, "records": [record("d", "6"), record("e", "7"), record("d", "8")]}))
        .await;
    assert_eq!(reply.body[1]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(org.accounts_named("7").await, 0);

    let by_id = |id: &str, name: &str| json!({"attributes": {"type": "Account"}, "Id": id, "Name": name});
    let records = [by_id(&existing, "9"), by_id(&existing[..15], "10")];
    let reply = org.patch("/composite/sobjects/Account/Id", json!({"records": records})).await;
    for (place, id) in [(0, existing.as_str()), (1, &existing[..15])] {
        let error = &reply.body[place]["errors"][0];
        let message = format!("Duplicate id specified: {id}");
        assert_eq!((&error["statusCode"], &error["message"]), (&json!("DUPLICATE_VALUE"), &json!(message)));
    }
    // Several new ones have no id, and a field that does not exist is what is wrong with each.
    let new =
        json!([{"attributes": {"type": "Account"}, "Name": "11"}, {"attributes": {"type": "Account"}, "Name": "12"}]);
    let reply = org.patch("/composite/sobjects/Account/Id", json!({"records": new})).await;
    assert_eq!((&reply.body[0]["success"], &reply.body[1]["success"]), (&json!(true), &json!(true)));
    let reply = org
        .patch("/composite/sobjects/Account/None__c", json!({"records": [{"None__c": "a"}, {"None__c": "a"}]}))
        .await;
    assert_eq!(reply.body[1]["errors"][0]["statusCode"], "NOT_FOUND");
}

#[tokio::test]
async fn an_update_takes_a_record_again_twelve_times() {
    let org = TestOrg::start().await;
    let id = org.account("Old").await;
    let records: Vec<_> = (0..15)
        .map(|number| json!({"attributes": {"type": "Account"}, "id": id, "Name": format!("{number}")}))
        .collect();
    let reply = org.patch("/composite/sobjects", json!({"records": records})).await;
    let results = reply.body.as_array().expect("results");
    assert!(results[..13].iter().all(|result| result["success"] == true), "{results:?}");
    let message = format!(
        "Maximum number of duplicate updates in one batch (12 allowed). Attempt to update Id more than once in this Api \
         call: {}",
        &id[..15]
    );
    let refused =
        json!({"success": false, "errors": [{"statusCode": "DUPLICATE_VALUE", "message": message, "fields": []}]});
    assert_eq!(results[13..], [refused.clone(), refused]);
    assert_eq!(org.accounts_named("12").await, 1, "the last one that was taken");
    let twice = org.delete(&format!("/composite/sobjects?ids={id},{id}")).await;
    assert_eq!(
        (&twice.body[0]["success"], &twice.body[1]["errors"][0]["statusCode"]),
        (&json!(true), &json!("ENTITY_IS_DELETED"))
    );
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
