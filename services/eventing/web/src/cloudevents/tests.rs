use super::*;
use serde_json::json;

fn change() -> Value {
    json!({
        "ChangeEventHeader": {
            "entityName": "Opportunity", "recordIds": ["006000000000001AAA"], "changeType": "UPDATE",
            "changeOrigin": "com/salesforce/api/soap/62.0;client=SfdcInternalAPI/", "transactionKey": "0001",
            "sequenceNumber": 1, "commitTimestamp": 1_700_000_000_000_i64, "commitNumber": 12_345,
            "commitUser": "005000000000001AAA", "nulledFields": [], "diffFields": [], "changedFields": ["StageName"],
        },
        "StageName": "Closed Won",
    })
}

fn event(data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": "1", "source": "", "type": "", "subject": "/data/OpportunityChangeEvent",
        "datacontenttype": "application/json", "data": data,
    })
}

fn read_value(mode: Mode, body: &Value) -> Result<Vec<ChangeEvent>, InvalidChange> {
    read(mode, body.to_string().as_bytes())
}

#[test]
fn the_content_type_tells_the_mode() {
    for (content_type, attributes, mode) in [
        ("application/cloudevents+json; charset=utf-8", false, Some(Mode::Structured)),
        ("Application/CloudEvents+JSON", true, Some(Mode::Structured)),
        ("application/cloudevents-batch+json", false, Some(Mode::Batched)),
        ("application/json", false, Some(Mode::Structured)),
        ("application/json;charset=UTF-8", true, Some(Mode::Binary)),
        ("text/plain", false, None),
        ("application/x-www-form-urlencoded", true, None),
        ("", false, None),
    ] {
        assert_eq!(Mode::of(content_type, attributes), mode, "{content_type} {attributes}");
    }
}

#[test]
fn all_modes_give_the_same_event() {
    let structured = read_value(Mode::Structured, &event(change())).unwrap();
    assert_eq!(structured.len(), 1);
    assert_eq!(structured[0].header.transaction_key, "0001");
    assert_eq!(structured[0].fields["StageName"], "Closed Won");
    assert!(!structured[0].fields.contains_key("ChangeEventHeader"));
    assert_eq!(read_value(Mode::Binary, &change()).unwrap(), structured);
    let batch = json!([event(change()), event(change())]);
    assert_eq!(read_value(Mode::Batched, &batch).unwrap(), [structured.clone(), structured.clone()].concat());
    let encoded = json!({ "data_base64": STANDARD.encode(change().to_string()) });
    assert_eq!(read_value(Mode::Structured, &encoded).unwrap(), structured);
}

#[test]
fn what_is_missing_is_named() {
    let without = |path: &str| {
        let mut data = change();
        data["ChangeEventHeader"].as_object_mut().unwrap().remove(path);
        read_value(Mode::Structured, &event(data)).unwrap_err()
    };
    for name in ["entityName", "recordIds", "changeType", "transactionKey"] {
        assert_eq!(without(name).field, format!("data.ChangeEventHeader.{name}"));
    }
    for (mode, body, field) in [
        (Mode::Structured, json!({ "specversion": "1.0" }), "data"),
        (Mode::Structured, json!({ "data": null }), "data"),
        (Mode::Structured, json!({ "data": "text" }), "data.ChangeEventHeader"),
        (Mode::Structured, json!({ "data": {} }), "data.ChangeEventHeader"),
        (Mode::Structured, json!({ "data": { "ChangeEventHeader": [] } }), "data.ChangeEventHeader"),
        (Mode::Structured, json!({ "data_base64": "*" }), "data_base64"),
        (Mode::Structured, json!({ "data_base64": "AAAA" }), "data_base64"),
        (Mode::Structured, json!(7), "body"),
        (Mode::Batched, json!({}), "body"),
        (Mode::Batched, json!([event(change()), { "data": {} }]), "[1].data.ChangeEventHeader"),
        (Mode::Binary, json!([]), "ChangeEventHeader"),
    ] {
        assert_eq!(read_value(mode, &body).unwrap_err().field, field, "{body}");
    }
    assert_eq!(read(Mode::Structured, b"{").unwrap_err().field, "body");
}

#[test]
fn a_header_of_another_form_is_refused() {
    for (name, value) in [
        ("recordIds", json!("006000000000001AAA")),
        ("recordIds", json!([1])),
        ("commitTimestamp", json!("yesterday")),
        ("changedFields", json!("StageName")),
    ] {
        let mut data = change();
        data["ChangeEventHeader"][name] = value;
        assert_eq!(read_value(Mode::Binary, &data).unwrap_err().field, "ChangeEventHeader", "{name}");
    }
}

#[test]
fn bitmaps_say_nothing_without_the_schema() {
    for bitmap in ["0x400080", "4-0x10"] {
        let mut data = change();
        data["ChangeEventHeader"]["changedFields"] = json!(["StageName", bitmap]);
        let events = read_value(Mode::Binary, &data).unwrap();
        assert!(events[0].header.changed_fields.is_empty());
    }
}

#[test]
fn nulls_and_capitals_in_the_header_are_taken() {
    let header = json!({
        "EntityName": "Opportunity", "RecordIds": ["006000000000001AAA"], "ChangeType": "CREATE", "TransactionKey": "0001",
        "ChangeOrigin": null, "commitUser": null, "sequenceNumber": null,
    });
    let events = read_value(Mode::Binary, &json!({ "ChangeEventHeader": header })).unwrap();
    assert_eq!((events[0].header.change_type.as_str(), events[0].header.change_origin.as_str()), ("CREATE", ""));
    let missing = json!({ "ChangeEventHeader": { "entityName": null } });
    assert_eq!(read_value(Mode::Binary, &missing).unwrap_err().field, "ChangeEventHeader.entityName");
}
