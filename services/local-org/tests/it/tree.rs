use serde_json::{Value, json};

use crate::support::TestOrg;

fn record(object: &str, reference_id: &str, mut fields: Value) -> Value {
    fields["attributes"] = json!({"type": object, "referenceId": reference_id});
    fields
}

#[tokio::test]
async fn creates_records_with_their_children() {
    let org = TestOrg::start().await;
    let contacts = json!([
        record("Contact", "c1", json!({"LastName": "Smith"})),
        record("Contact", "c2", json!({"LastName": "Evans"})),
    ]);
    let accounts = json!([
        record("Account", "a1", json!({"Name": "Tree", "Contacts": {"records": contacts}})),
        record("Account", "a2", json!({"Name": "Bare"})),
    ]);
    let reply = org.post("/composite/tree/Account", json!({"records": accounts})).await;
    assert_eq!((reply.status, &reply.body["hasErrors"]), (201, &json!(false)));
    let ids: Vec<_> =
        reply.body["results"].as_array().expect("results").iter().map(|one| one["referenceId"].clone()).collect();
    assert_eq!(ids, ["a1", "c1", "c2", "a2"]);
    let soql = "SELECT COUNT() FROM Contact WHERE Account.Name = 'Tree'";
    assert_eq!(org.query(soql).await.body["totalSize"], 2);
}

#[tokio::test]
async fn creates_all_or_none() {
    let org = TestOrg::start().await;
    let contacts = json!([record("Contact", "c1", json!({"FirstName": "No last name"}))]);
    let accounts = json!([record("Account", "a1", json!({"Name": "Tree", "Contacts": {"records": contacts}}))]);
    let reply = org.post("/composite/tree/Account", json!({"records": accounts})).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        json!({"hasErrors": true, "results": [{"referenceId": "c1", "errors": [{
        "statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [LastName]",
        "fields": ["LastName"]}]}]})
    );
    assert_eq!(org.accounts_named("Tree").await, 0);
}

#[tokio::test]
async fn a_tree_has_limits() {
    let org = TestOrg::start().await;
    let accounts: Vec<_> =
        (0..201).map(|number| record("Account", &format!("a{number}"), json!({"Name": "x"}))).collect();
    for (why, records) in [
        ("201 records", json!(accounts)),
        ("another type", json!([record("Contact", "c", json!({"LastName": "x"}))])),
        ("a reference id twice", json!([accounts[0], accounts[0]])),
    ] {
        assert_eq!(org.post("/composite/tree/Account", json!({"records": records})).await.status, 400, "{why}");
    }
    assert_eq!(org.post("/composite/tree/Account", json!({"records": accounts[1..]})).await.status, 201);
}
