use serde_json::json;

use super::*;

const EVENT: &str = r#"{"type":"record","name":"Done__e","namespace":"com.sforce.eventbus","fields":[
 {"name":"CreatedDate","type":"long","doc":"CreatedDate:DateTime"},{"name":"CreatedById","type":"string"},
 {"name":"Status__c","type":["null","string"],"default":null},{"name":"Count__c","type":["null","double"],"default":null},
 {"name":"Whole__c","type":["null","int"],"default":null},{"name":"Flag__c","type":"boolean"}]}"#;

fn schema() -> EventSchema {
    EventSchema::parse("s", EVENT).unwrap()
}

fn refused(fields: Value) -> String {
    schema().encode_platform_event(fields.as_object().unwrap(), 1, "005").unwrap_err().to_string()
}

#[test]
fn writes_what_avro_says() {
    let fields = json!({ "Status__c": "ok", "Flag__c": true, "Whole__c": -3 });
    let payload = schema().encode_platform_event(fields.as_object().unwrap(), 64, "005").unwrap();
    // Zigzag numbers: 64, a text of 3, the second variant and a text of 2, null, the second variant and -3, true.
    assert_eq!(payload, [0x80, 0x01, 6, b'0', b'0', b'5', 2, 4, b'o', b'k', 0, 2, 5, 1]);
}

#[test]
fn fills_who_and_when_unless_given() {
    let given = json!({ "CreatedDate": 5, "CreatedById": "me", "Flag__c": false });
    let fields =
        schema().decode(&schema().encode_platform_event(given.as_object().unwrap(), 1, "005").unwrap()).unwrap();
    assert_eq!((&fields["CreatedDate"], &fields["CreatedById"]), (&json!(5), &json!("me")));
    assert_eq!(schema().encode(json!({ "Flag__c": false }).as_object().unwrap()).unwrap_err().field, "CreatedDate");
}

#[test]
fn names_the_field_that_does_not_fit() {
    for (fields, expected) in [
        (json!({}), "Flag__c: is required"),
        (json!({ "Flag__c": null }), "Flag__c: expected a boolean, found null"),
        (json!({ "Flag__c": true, "Status__c": 1 }), "Status__c: expected a text, found a number"),
        (json!({ "Flag__c": true, "Count__c": "1" }), "Count__c: expected a number, found a text"),
        (json!({ "Flag__c": true, "Whole__c": 1.5 }), "Whole__c: expected an integer, found a number"),
        (json!({ "Flag__c": true, "Whole__c": 3_000_000_000_u32 }), "Whole__c: expected an integer, found a number"),
        (json!({ "Flag__c": true, "status__c": "x" }), "status__c: the event has no such field"),
    ] {
        assert_eq!(refused(fields), expected);
    }
}

#[test]
fn names_fields_inside_others() {
    let schema = r#"{"type":"record","name":"E","fields":[{"name":"A","type":["null",{"type":"record","name":"In","fields":[
        {"name":"K","type":{"type":"enum","name":"Kind","symbols":["X","Y"]}},{"name":"L","type":{"type":"array","items":"int"}},
        {"name":"M","type":{"type":"map","values":"string"}},{"name":"B","type":{"type":"fixed","name":"Two","size":2}}]}]}]}"#;
    let schema = EventSchema::parse("s", schema).unwrap();
    let good = json!({ "K": "Y", "L": [1], "M": { "a": "b" }, "B": "AAE=" });
    for (name, value, expected) in [
        ("K", json!("Z"), r#"A.K: expected one of ["X", "Y"]"#),
        ("L", json!([1, "2"]), "A.L: expected an integer, found a text"),
        ("L", json!({}), "A.L: expected a list, found an object"),
        ("M", json!([]), "A.M: expected an object, found a list"),
        ("B", json!("AAEC"), "A.B: expected base64 of 2 bytes"),
        ("B", json!("*"), "A.B: expected base64"),
        ("N", json!(1), "A.N: the event has no such field"),
    ] {
        let mut fields = good.clone();
        fields[name] = value;
        let error = schema.encode(json!({ "A": fields }).as_object().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let fields = json!({ "A": good });
    assert_eq!(Value::Object(schema.decode(&schema.encode(fields.as_object().unwrap()).unwrap()).unwrap()), fields);
}
