use serde_json::{Value, json};

use crate::support::TestOrg;

fn find<'v>(list: &'v Value, key: &str, name: &str) -> &'v Value {
    list.as_array().expect("a list").iter().find(|item| item[key] == name).expect(name)
}

#[tokio::test]
async fn lists_objects() {
    let org = TestOrg::start().await;
    let reply = org.get("/sobjects/").await;
    assert_eq!((&reply.body["encoding"], &reply.body["maxBatchSize"]), (&json!("UTF-8"), &json!(200)));
    let account = find(&reply.body["sobjects"], "name", "Account");
    assert_eq!((&account["keyPrefix"], &account["queryable"]), (&json!("001"), &json!(true)));
    assert_eq!(
        account["urls"],
        json!({
            "sobject": "/services/data/v62.0/sobjects/Account",
            "describe": "/services/data/v62.0/sobjects/Account/describe",
            "rowTemplate": "/services/data/v62.0/sobjects/Account/{ID}",
        })
    );
}

#[tokio::test]
async fn describes_an_object() {
    let org = TestOrg::start().await;
    let account = org.get("/sobjects/account/describe").await.body;
    assert_eq!(account["name"], "Account");
    let fields = &account["fields"];
    assert_eq!(fields[0]["name"], "Id");
    let key = find(fields, "name", "Key__c");
    for (member, value) in [
        ("type", json!("string")),
        ("soapType", json!("xsd:string")),
        ("length", json!(80)),
        ("externalId", json!(true)),
        ("idLookup", json!(true)),
        ("unique", json!(true)),
        ("custom", json!(true)),
        ("nillable", json!(true)),
        ("createable", json!(true)),
        ("calculated", json!(false)),
        ("compoundFieldName", Value::Null),
    ] {
        assert_eq!(key[member], value, "{member}");
    }
    let rating = find(fields, "name", "Rating__c");
    assert_eq!(rating["restrictedPicklist"], true);
    assert_eq!(
        rating["picklistValues"][0],
        json!({"active": true, "defaultValue": false, "label": "Excellent",
        "validFor": null, "value": "Excellent"})
    );
    let contacts = find(&account["childRelationships"], "childSObject", "Contact");
    assert_eq!((&contacts["relationshipName"], &contacts["field"]), (&json!("Contacts"), &json!("AccountId")));

    let line = org.get("/sobjects/OpportunityLineItem/describe").await.body;
    let parent = find(&line["fields"], "name", "OpportunityId");
    assert_eq!((&parent["referenceTo"], &parent["relationshipName"]), (&json!(["Opportunity"]), &json!("Opportunity")));
}

#[tokio::test]
async fn basic_information_is_a_part_of_it() {
    let org = TestOrg::start().await;
    let reply = org.get("/sobjects/Account").await;
    assert_eq!(reply.body["objectDescribe"]["name"], "Account");
    assert_eq!(reply.body["recentItems"], json!([]));
    assert_eq!(org.get("/sobjects/Nothing__c/describe").await.code(), "NOT_FOUND");
    assert_eq!(org.get("/sobjects/Nothing__c").await.status, 404);
}
