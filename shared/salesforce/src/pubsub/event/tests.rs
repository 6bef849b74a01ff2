use serde_json::json;

use super::*;

/// A short change event with a compound field, a name in two forms, and a type that is used twice.
pub(in super::super) const CHANGE_SCHEMA: &str = r#"{"type":"record","name":"AccountChangeEvent","namespace":"com.sforce.eventbus","fields":[
 {"name":"ChangeEventHeader","type":{"type":"record","name":"ChangeEventHeader","fields":[
  {"name":"entityName","type":"string"},{"name":"recordIds","type":{"type":"array","items":"string"}},
  {"name":"changeType","type":{"type":"enum","name":"ChangeType","symbols":["CREATE","UPDATE","DELETE","UNDELETE","GAP_CREATE","GAP_UPDATE","GAP_DELETE","GAP_UNDELETE","GAP_OVERFLOW","SNAPSHOT"]}},
  {"name":"changeOrigin","type":"string"},{"name":"transactionKey","type":"string"},{"name":"sequenceNumber","type":"int"},
  {"name":"commitTimestamp","type":"long"},{"name":"commitNumber","type":"long"},{"name":"commitUser","type":"string"},
  {"name":"nulledFields","type":{"type":"array","items":"string"}},{"name":"diffFields","type":{"type":"array","items":"string"}},
  {"name":"changedFields","type":{"type":"array","items":"string"}}]},"doc":"Data:ComplexValueType"},
 {"name":"Name","type":["null","string",{"type":"record","name":"Switchable_PersonName","fields":[
  {"name":"FirstName","type":["null","string"],"default":null},{"name":"LastName","type":["null","string"],"default":null}]}],"default":null},
 {"name":"BillingAddress","type":["null",{"type":"record","name":"Address","fields":[
  {"name":"Street","type":["null","string"],"default":null},{"name":"City","type":["null","string"],"default":null},
  {"name":"Latitude","type":["null","double"],"default":null}]}],"doc":"Data:Address","default":null},
 {"name":"ShippingAddress","type":["null","Address"],"default":null},
 {"name":"AnnualRevenue","type":["null","double"],"default":null},
 {"name":"IsDeleted__c","type":["null","boolean"],"default":null}]}"#;

fn change(header: serde_json::Value, mut fields: serde_json::Value) -> Result<Content, DecodeError> {
    let schema = EventSchema::parse("s", CHANGE_SCHEMA).unwrap();
    let mut whole = json!({
        "entityName": "Account", "recordIds": ["001000000000001AAA"], "changeType": "UPDATE", "changeOrigin": "",
        "transactionKey": "k", "sequenceNumber": 1, "commitTimestamp": 2, "commitNumber": 3, "commitUser": "005",
        "nulledFields": [], "diffFields": [], "changedFields": []
    });
    whole.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    fields["ChangeEventHeader"] = whole;
    Content::read(&schema, &schema.encode(fields.as_object().unwrap()).unwrap())
}

fn changed(header: serde_json::Value, fields: serde_json::Value) -> ChangeEvent {
    match change(header, fields) {
        Ok(Content::Change(event)) => *event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_change_event_is_read_whole() {
    let header = json!({ "changedFields": ["0x12", "2-0x02", "3-0x07"], "nulledFields": ["3-0x07"], "diffFields": [] });
    let fields =
        json!({ "Name": "Acme", "AnnualRevenue": 0.0, "BillingAddress": { "City": "Berlin" }, "IsDeleted__c": false });
    let event = changed(header, fields);
    assert_eq!(event.header.changed_fields, ["Name", "BillingAddress.City", "ShippingAddress", "AnnualRevenue"]);
    assert_eq!(event.header.nulled_fields, ["ShippingAddress"]);
    assert_eq!(event.header.record_ids, ["001000000000001AAA"]);
    assert_eq!((event.header.sequence_number, event.header.commit_timestamp, event.header.commit_number), (1, 2, 3));
    let expected = json!({
        "Name": "Acme", "BillingAddress": { "Street": null, "City": "Berlin", "Latitude": null }, "ShippingAddress": null,
        "AnnualRevenue": 0.0, "IsDeleted__c": false
    });
    assert_eq!(serde_json::Value::Object(event.fields), expected);
}

#[test]
fn a_name_in_parts_is_told_by_its_parts() {
    let event = changed(json!({ "changedFields": ["1-0x01"] }), json!({ "Name": { "FirstName": "Ada" } }));
    assert_eq!(event.header.changed_fields, ["Name.FirstName"]);
    assert_eq!(event.fields["Name"]["FirstName"], "Ada");
}

#[test]
fn gaps_and_overflows_are_told() {
    let gap = changed(json!({ "changeType": "GAP_UPDATE" }), json!({})).header;
    assert!(gap.is_gap() && !gap.is_overflow());
    let overflow =
        changed(json!({ "changeType": "GAP_OVERFLOW", "recordIds": ["000000000000000AAA"] }), json!({})).header;
    assert!(overflow.is_gap() && overflow.is_overflow());
}

#[test]
fn bitmaps_that_do_not_fit_make_the_event_unreadable() {
    let error = change(json!({ "changedFields": ["0xFF"] }), json!({})).unwrap_err();
    assert_eq!(error.to_string(), "changedFields of the change event cannot be read: there is no field 7");
    let error = change(json!({ "nulledFields": ["Name"] }), json!({})).unwrap_err();
    assert!(matches!(error, DecodeError::Fields { list: "nulledFields", .. }), "{error}");
}

#[test]
fn a_header_without_its_fields_is_named() {
    let schema = r#"{"type":"record","name":"E","fields":[{"name":"ChangeEventHeader","type":{"type":"record","name":"H","fields":[{"name":"entityName","type":"string"}]}}]}"#;
    let schema = EventSchema::parse("s", schema).unwrap();
    let fields = json!({ "ChangeEventHeader": { "entityName": "Account" } });
    let error = Content::read(&schema, &schema.encode(fields.as_object().unwrap()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("recordIds"), "{error}");
}
