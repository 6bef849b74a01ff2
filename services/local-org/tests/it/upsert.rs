use serde_json::json;

use crate::support::{API, TestOrg};

#[tokio::test]
async fn inserts_then_updates() {
    let org = TestOrg::start().await;
    let reply = org.patch("/sobjects/Account/Key__c/a%2F1", json!({"Name": "One"})).await;
    let id = reply.body["id"].clone();
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": id, "success": true, "errors": [], "created": true}));
    let reply = org.patch("/sobjects/Account/Key__c/a%2F1", json!({"Name": "Two"})).await;
    assert_eq!((reply.status, reply.body), (200, json!({"id": id, "success": true, "errors": [], "created": false})));
    let record = org.get("/sobjects/Account/Key__c/a%2F1?fields=Name,Key__c").await.body;
    assert_eq!((&record["Name"], &record["Key__c"]), (&json!("Two"), &json!("a/1")));
}

/// Clients write the same key in three ways: a space as `%20` or `+`, a slash as `%2F` or as it is. In a path only the first
/// of each is what they mean.
#[tokio::test]
async fn keys_in_paths_are_percent_encoded_and_nothing_else() {
    let org = TestOrg::start().await;
    let space = org.create("Account", json!({"Name": "Space", "Key__c": "a b"})).await;
    assert_eq!(org.get("/sobjects/Account/Key__c/a%20b").await.body["Id"], json!(space));
    assert_eq!(org.get("/sobjects/Account/Key__c/a+b").await.status, 404);
    let plus = org.create("Account", json!({"Name": "Plus", "Key__c": "a+b"})).await;
    for key in ["a+b", "a%2Bb", "a%2bb"] {
        assert_eq!(org.get(&format!("/sobjects/Account/Key__c/{key}")).await.body["Id"], json!(plus), "{key}");
    }
    let slash = org.create("Account", json!({"Name": "Slash", "Key__c": "a/b"})).await;
    assert_eq!(org.get("/sobjects/Account/Key__c/a%2Fb").await.body["Id"], json!(slash));
    assert_eq!(org.get("/sobjects/Account/Key__c/a/b").await.status, 404);
}

#[tokio::test]
async fn update_only_does_not_insert() {
    let org = TestOrg::start().await;
    let reply = org.patch("/sobjects/Account/Key__c/a?updateOnly=true", json!({"Name": "One"})).await;
    assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND"));
    org.create("Account", json!({"Name": "One", "Key__c": "a"})).await;
    assert_eq!(org.patch("/sobjects/Account/Key__c/a?updateOnly=true", json!({"Name": "Two"})).await.status, 200);
}

#[tokio::test]
async fn several_matches_are_listed() {
    let org = TestOrg::start().await;
    let mut paths = Vec::new();
    for _ in 0..2 {
        let id = org.create("Account", json!({"Name": "Same", "Code__c": "x"})).await;
        paths.push(format!("{API}/sobjects/Account/{id}"));
    }
    let reply = org.patch("/sobjects/Account/Code__c/x", json!({"Name": "Other"})).await;
    assert_eq!((reply.status, reply.body), (300, json!(paths)));
    assert_eq!(org.get("/sobjects/Account/Code__c/x").await.status, 300);
    assert_eq!(org.accounts_named("Same").await, 2, "nothing was written");
}

#[tokio::test]
async fn the_field_must_be_an_external_id() {
    let org = TestOrg::start().await;
    let reply = org.patch("/sobjects/Account/Industry/x", json!({"Name": "One"})).await;
    assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND"));
    let reply = org.patch("/sobjects/Account/Key__c/a", json!({"Name": "One", "Key__c": "b"})).await;
    assert_eq!((reply.status, reply.code()), (400, "INVALID_FIELD"));
}

#[tokio::test]
async fn a_post_to_id_inserts() {
    let org = TestOrg::start().await;
    assert_eq!(org.post("/sobjects/Account/Id", json!({"Name": "One"})).await.status, 201);
    assert_eq!(org.accounts_named("One").await, 1);
}

#[tokio::test]
async fn a_parent_may_be_named_by_its_external_id() {
    let org = TestOrg::start().await;
    let account = org.create("Account", json!({"Name": "One", "Key__c": "a"})).await;
    let contact = org.create("Contact", json!({"LastName": "Smith", "Account": {"Key__c": "a"}})).await;
    assert_eq!(org.get(&format!("/sobjects/Contact/{contact}")).await.body["AccountId"], json!(account));
}

#[tokio::test]
async fn deletes_by_external_id() {
    let org = TestOrg::start().await;
    org.create("Account", json!({"Name": "One", "Key__c": "a"})).await;
    assert_eq!(org.delete("/sobjects/Account/Key__c/a").await.status, 204);
    assert_eq!(org.delete("/sobjects/Account/Key__c/a").await.status, 404);
}

#[tokio::test]
async fn a_unique_key_is_kept() {
    let org = TestOrg::start().await;
    let id = org.create("Account", json!({"Name": "One", "Key__c": "a"})).await;
    let reply = org.post("/sobjects/Account", json!({"Name": "Two", "Key__c": "a"})).await;
    let message = format!("duplicate value found: Key__c duplicates value on record with id: {}", &id[..15]);
    let expected = json!([{"message": message, "errorCode": "DUPLICATE_VALUE", "fields": []}]);
    assert_eq!((reply.status, reply.body), (400, expected));
}
