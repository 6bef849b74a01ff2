use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(json: &serde_json::Value) -> Result<EventSchema, DecodeError> {
    EventSchema::parse("s", &json.to_string())
}

fn record(fields: &serde_json::Value) -> serde_json::Value {
    json!({ "type": "record", "name": "E", "namespace": "com.sforce.eventbus", "fields": fields })
}

#[test]
fn half_a_payload_is_not_taken_for_a_whole_one() {
    let schema = parse(&record(&json!([
        { "name": "A", "type": ["null", "string"] }, { "name": "B", "type": "boolean" }, { "name": "C", "type": "string" },
        { "name": "D", "type": { "type": "array", "items": "string" } }, { "name": "E", "type": ["null", "long"] }
    ])))
    .unwrap();
    let fields = json!({ "A": "x", "B": true, "C": "abc", "D": ["p", "q"], "E": 300 });
    let payload = schema.encode(fields.as_object().unwrap()).unwrap();
    assert_eq!(Value::Object(schema.decode(&payload).unwrap()), fields);
    for length in 0..payload.len() {
        let error = schema.decode(&payload[..length]).unwrap_err();
        assert!(matches!(error, DecodeError::Payload(_)), "{length}: {error}");
    }
    let longer = [payload.as_slice(), &[0]].concat();
    assert_eq!(schema.decode(&longer), Err(DecodeError::Payload("1 bytes are left over".to_owned())));
}

#[test]
fn schemas_that_cannot_be_used_say_so() {
    for (schema, reason) in [
        ("{", "schema"),
        (r#""string""#, "not a record"),
        (r#"{"type":"record","name":"E","fields":[{"name":"A","type":"Missing"}]}"#, "Missing"),
        (r#"{"type":"record","name":"E","fields":[{"name":"Next","type":["null","E"]}]}"#, "contains itself"),
    ] {
        let error = EventSchema::parse("s", schema).unwrap_err();
        assert!(error.to_string().contains(reason), "{schema}: {error}");
    }
    let deep = (0..100).fold(json!("string"), |inner, _| json!({ "type": "array", "items": inner }));
    assert!(parse(&record(&json!([{ "name": "A", "type": deep }]))).is_err());
}

#[test]
fn numbers_that_json_does_not_have_are_refused() {
    let schema = parse(&record(&json!([{ "name": "A", "type": "double" }]))).unwrap();
    assert!(schema.decode(&f64::NAN.to_le_bytes()).is_err());
    assert!(schema.decode(&f64::INFINITY.to_le_bytes()).is_err());
    assert_eq!(schema.decode(&0.1_f64.to_le_bytes()).unwrap()["A"], json!(0.1));
}

#[test]
fn a_length_that_lies_reserves_nothing_of_note() {
    let schema =
        parse(&record(&json!([{ "name": "A", "type": { "type": "array", "items": ["null", "string"] } }]))).unwrap();
    // Two to the power of 40 items.
    assert!(schema.decode(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0, 0]).is_err());
    let schema = parse(&record(&json!([{ "name": "A", "type": "string" }]))).unwrap();
    assert!(schema.decode(&[0x80, 0x80, 0x80, 0x80, 0x10, b'x']).is_err());
}

/// A type, and values of it.
#[derive(Debug, Clone)]
struct Sample {
    schema: serde_json::Value,
    value: serde_json::Value,
}

fn leaf() -> impl Strategy<Value = Sample> {
    let sample = |schema: &str, value: serde_json::Value| Sample { schema: json!(schema), value };
    prop_oneof![
        Just(sample("null", json!(null))),
        any::<bool>().prop_map(move |value| sample("boolean", json!(value))),
        any::<i32>().prop_map(move |value| sample("int", json!(value))),
        any::<i64>().prop_map(move |value| sample("long", json!(value))),
        prop::num::f32::NORMAL.prop_map(move |value| sample("float", json!(f64::from(value)))),
        prop::num::f64::NORMAL.prop_map(move |value| sample("double", json!(value))),
        ".{0,12}".prop_map(move |value| sample("string", json!(value))),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(move |value| sample("bytes", json!(STANDARD.encode(value)))),
        (0_usize..3).prop_map(|index| Sample {
            schema: json!({ "type": "enum", "name": "?", "symbols": ["RED", "GREEN", "BLUE"] }),
            value: json!(["RED", "GREEN", "BLUE"][index]),
        }),
        prop::collection::vec(any::<u8>(), 3).prop_map(|value| Sample {
            schema: json!({ "type": "fixed", "name": "?", "size": 3 }),
            value: json!(STANDARD.encode(value)),
        }),
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0_usize..4).prop_map(|(item, count)| Sample {
                schema: json!({ "type": "array", "items": item.schema }),
                value: vec![item.value; count].into(),
            }),
            (inner.clone(), prop::collection::btree_set("[a-z]{1,4}", 0..3)).prop_map(|(item, keys)| Sample {
                schema: json!({ "type": "map", "values": item.schema }),
                value: Value::Object(keys.into_iter().map(|key| (key, item.value.clone())).collect()),
            }),
            // Null, or a value, of a nullable type; unions within unions do not exist.
            (inner.clone(), any::<bool>()).prop_map(|(item, null)| match &item.schema {
                Value::Array(_) => item,
                Value::String(name) if name == "null" => item,
                _ =>
                    Sample { schema: json!(["null", item.schema]), value: if null { Value::Null } else { item.value } },
            }),
            prop::collection::vec(inner, 0..4).prop_map(record_of),
        ]
    })
}

fn record_of(fields: Vec<Sample>) -> Sample {
    let types =
        fields.iter().enumerate().map(|(index, field)| json!({ "name": format!("F{index}"), "type": field.schema }));
    let schema = json!({ "type": "record", "name": "?", "fields": types.collect::<Vec<_>>() });
    let values = fields.into_iter().enumerate().map(|(index, field)| (format!("F{index}"), field.value));
    Sample { schema, value: Value::Object(values.collect()) }
}

/// Names must differ.
fn name_types(schema: &mut serde_json::Value, next: &mut usize) {
    match schema {
        Value::Array(variants) => variants.iter_mut().for_each(|variant| name_types(variant, next)),
        Value::Object(object) => {
            if let Some(name) = object.get_mut("name").filter(|name| *name == "?") {
                *name = json!(format!("T{next}"));
                *next += 1;
            }
            object.values_mut().for_each(|value| name_types(value, next));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn values_of_random_schemas_survive(
        fields in prop::collection::vec(sample(), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut sample = record_of(fields);
        name_types(&mut sample.schema, &mut 0);
        let schema = parse(&sample.schema).unwrap();
        let payload = schema.encode(sample.value.as_object().unwrap()).unwrap();
        let decoded = Value::Object(schema.decode(&payload).unwrap());
        prop_assert_eq!(decoded, sample.value);
        // Other bytes are an error or something else, never the end of the process.
        let _ = schema.decode(&noise);
        for length in 0..payload.len() {
            prop_assert!(schema.decode(&payload[..length]).is_err());
        }
    }
}
