use serde_json::json;

use super::support::{TestOrg, VERSION, code, map, text};
use crate::error::ApiError;
use crate::store::Upserted;

fn upsert(org: &TestOrg, field: &str, value: &str, fields: serde_json::Value) -> Result<Upserted, ApiError> {
    org.run(|tx| tx.upsert("Account", field, value, &map(fields)))
}

#[test]
fn creates_then_updates() {
    let org = TestOrg::new();
    let first = upsert(&org, "code__c", "k", json!({ "Name": "one" })).unwrap();
    assert!(first.created);
    let second = upsert(&org, "Code__c", "K", json!({ "Name": "two" })).unwrap();
    assert_eq!(second, Upserted { id: first.id.clone(), created: false });
    let record = org.get("Account", &first.id);
    assert_eq!((text(&record, "Name"), text(&record, "Code__c")), ("two".to_owned(), "k".to_owned()));
    assert_eq!(org.run(|tx| tx.retrieve_by("Account", "Code__c", "K", VERSION)).unwrap(), record);
    org.delete("Account", &first.id).unwrap();
    assert!(upsert(&org, "Code__c", "k", json!({ "Name": "three" })).unwrap().created);
}

#[test]
fn by_id() {
    let org = TestOrg::new();
    let id = org.account();
    assert!(!upsert(&org, "Id", &id[..15], json!({ "Name": "two" })).unwrap().created);
    assert!(upsert(&org, "Id", "", json!({ "Name": "three" })).unwrap().created);
    assert_eq!(code(upsert(&org, "Id", "001LO000000zzzz", json!({ "Name": "x" }))), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(code(upsert(&org, "Id", "1", json!({ "Name": "x" }))), "MALFORMED_ID");
}

#[test]
fn several_matches_are_a_choice() {
    let org = TestOrg::new();
    let ids: Vec<String> =
        (0..2).map(|_| org.create("Account", json!({ "Name": "x", "Batch__c": "b" })).unwrap()).collect();
    let error = upsert(&org, "Batch__c", "b", json!({ "Name": "y" })).unwrap_err();
    assert_eq!((error.status, error.fields), (300, Some(ids)));
    let read = org.run(|tx| tx.retrieve_by("Account", "Batch__c", "b", VERSION)).unwrap_err();
    assert_eq!(read.status, 300);
}

#[test]
fn wrong_fields() {
    let org = TestOrg::new();
    let error = upsert(&org, "Site", "x", json!({})).unwrap_err();
    let message = "Provided external ID field does not exist or is not accessible: Site";
    assert_eq!((error.status, error.message.as_str()), (404, message));
    let error = upsert(&org, "Code__c", "x", json!({ "Name": "x", "code__c": "x" })).unwrap_err();
    assert_eq!(error.message, "The Code__c field should not be specified in the sobject data.");
    assert_eq!(code(org.run(|tx| tx.retrieve_by("Account", "Code__c", "nope", VERSION))), "NOT_FOUND");
}
