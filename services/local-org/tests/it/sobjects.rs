use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, TestOrg};

#[tokio::test]
async fn creates_a_record() {
    let org = TestOrg::start().await;
    let reply = org.post("/sobjects/Account/", json!({"Name": "Global Media", "Rating__c": "Excellent"})).await;
    let id = reply.body["id"].as_str().expect("an id");
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": id, "success": true, "errors": []}));
    assert_eq!(id.len(), 18);
    assert_eq!(reply.header("location"), Some(format!("{API}/sobjects/Account/{id}").as_str()));
}

#[tokio::test]
async fn says_why_a_record_cannot_be_created() {
    let org = TestOrg::start().await;
    let cases = [
        (
            "PlayingCard__c",
            json!({"Name": "Ace of Spades"}),
            404,
            json!([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]),
        ),
        (
            "Account",
            json!({"Name": "a", "FavoritePet__c": "Dog"}),
            400,
            json!([{
            "message": "No such column 'FavoritePet__c' on sobject of type Account", "errorCode": "INVALID_FIELD"}]),
        ),
        (
            "Account",
            json!({"Name": "a", "Rating__c": "Terrible"}),
            400,
            json!([{
            "message": "Rating: bad value for restricted picklist field: Terrible",
            "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "fields": ["Rating__c"]}]),
        ),
        (
            "Account",
            json!({}),
            400,
            json!([{
            "message": "Required fields are missing: [Name]", "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Name"]}]),
        ),
    ];
    for (object, fields, status, expected) in cases {
        let reply = org.post(&format!("/sobjects/{object}"), fields).await;
        assert_eq!((reply.status, reply.body), (status, expected));
    }
}

#[tokio::test]
async fn a_body_must_be_json() {
    let org = TestOrg::start().await;
    for body in ["{", "", "[]", "\"text\""] {
        let request = org.http.post(format!("{}{API}/sobjects/Account", org.base)).bearer_auth(&org.token).body(body);
        let reply = crate::support::read(request.send().await.expect("an answer")).await.expect("a body");
        assert_eq!((reply.status, reply.code()), (400, "JSON_PARSER_ERROR"), "{body}");
    }
}

#[tokio::test]
async fn a_body_may_not_be_endless() {
    let org = TestOrg::start().await;
    let body = json!({"Name": "x".repeat(17 * 1024 * 1024)});
    // The org may close the connection while the rest of the body is still on its way.
    if let Ok(reply) = org.try_call(Method::POST, "/sobjects/Account", body).await {
        assert_eq!((reply.status, reply.code()), (413, "REQUEST_TOO_LARGE"));
    }
}

#[tokio::test]
async fn reads_a_record() {
    let org = TestOrg::start().await;
    let id = org.create("Account", json!({"Name": "Acme", "NumberOfEmployees": 0})).await;
    let path = format!("{API}/sobjects/Account/{id}");
    let reply = org.get(&format!("/sobjects/account/{id}?fields=Name,industry,NumberOfEmployees")).await;
    let expected = json!({"attributes": {"type": "Account", "url": path}, "Name": "Acme", "Industry": null,
        "NumberOfEmployees": 0, "Id": id});
    assert_eq!((reply.status, reply.body), (200, expected));
    let all = org.get(&format!("/sobjects/Account/{}", &id[..15])).await.body;
    assert_eq!((&all["Id"], &all["Name"], &all["IsDeleted"]), (&json!(id), &json!("Acme"), &json!(false)));
    assert_eq!(org.get(&format!("/sobjects/Account/{id}?fields=Nothing__c")).await.code(), "INVALID_FIELD");
    assert_eq!(org.get("/sobjects/Account/001LO0000ZZZZZZ").await.status, 404);
}

#[tokio::test]
async fn updates_a_record() {
    let org = TestOrg::start().await;
    let id = org.account("Old").await;
    let reply = org.patch(&format!("/sobjects/Account/{id}"), json!({"Name": "New"})).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert_eq!(org.get(&format!("/sobjects/Account/{id}?fields=Name")).await.body["Name"], "New");

    let reply = org.patch(&format!("/sobjects/Account/{id}"), json!({"Color__c": "Red"})).await;
    let expected =
        json!([{"message": "No such column 'Color__c' on sobject of type Account", "errorCode": "INVALID_FIELD"}]);
    assert_eq!((reply.status, reply.body), (400, expected));
    let reply = org.patch("/sobjects/Account/a00B000000FSjVUIB1", json!({"Name": "New"})).await;
    let expected = json!([{"message": "Record ID: id value of incorrect type: a00B000000FSjVUIB1",
        "errorCode": "MALFORMED_ID", "fields": ["Id"]}]);
    assert_eq!((reply.status, reply.body), (400, expected));
    assert_eq!(org.patch(&format!("/sobjects/Account/{id}"), json!({"Id": id})).await.code(), "INVALID_FIELD");
}

#[tokio::test]
async fn deletes_a_record_once() {
    let org = TestOrg::start().await;
    let path = format!("/sobjects/Account/{}", org.account("Gone").await);
    let reply = org.delete(&path).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    let reply = org.delete(&path).await;
    let expected = json!([{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]);
    assert_eq!((reply.status, reply.body), (404, expected));
    assert_eq!(org.get(&path).await.status, 404);
    assert_eq!(org.accounts_named("Gone").await, 0);
}

#[tokio::test]
async fn a_post_can_stand_for_a_patch() {
    let org = TestOrg::start().await;
    let id = org.account("Old").await;
    let reply = org.post(&format!("/sobjects/Account/{id}?_HttpMethod=PATCH"), json!({"Name": "New"})).await;
    assert_eq!(reply.status, 204);
}

#[tokio::test]
async fn get_ignores_a_body() {
    let org = TestOrg::start().await;
    let request = org.http.get(format!("{}{API}/limits", org.base)).bearer_auth(&org.token).body("not json");
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(org.call(Method::DELETE, "/sobjects/Account/001", Value::Null).await.code(), "MALFORMED_ID");
}

#[tokio::test]
async fn an_owner_is_not_blank() {
    let org = TestOrg::start().await;
    let refused = json!([{
        "message": "Owner ID: owner cannot be blank", "errorCode": "INVALID_CROSS_REFERENCE_KEY", "fields": ["OwnerId"],
    }]);
    let reply = org.post("/sobjects/Account", json!({"Name": "x", "OwnerId": null})).await;
    assert_eq!((reply.status, &reply.body), (400, &refused));
    let id = org.account("Owned").await;
    let reply = org.patch(&format!("/sobjects/Account/{id}"), json!({"OwnerId": null})).await;
    assert_eq!((reply.status, &reply.body), (400, &refused));
}
