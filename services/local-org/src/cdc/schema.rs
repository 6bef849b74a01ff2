//! The Avro schema of an object's change events.

use serde_json::{Value, json};

use super::change::CHANGE_TYPES;
use super::header::HEADER;
use super::layout::{Content, Layout};
use crate::events::avro::{NAMESPACE, nullable, type_of};

/// What the name of a person would be made of if an Account were one.
const SWITCHABLE_NAME: [&str; 6] = ["Salutation", "FirstName", "LastName", "MiddleName", "InformalName", "Suffix"];

/// The schema of the change events of this name.
pub(super) fn of(name: &str, layout: &Layout) -> Value {
    let mut fields = vec![header()];
    // A named type is defined where it is used first.
    let mut defined: Vec<&str> = Vec::new();
    for field in &layout.fields {
        fields.push(match &field.content {
            Content::Plain(kind) => nullable(&field.name, json!(type_of(*kind)), Some(&field.doc)),
            Content::SwitchableName => switchable_name(&field.name, &field.doc),
            Content::Compound { record, .. } if defined.contains(record) => {
                nullable(&field.name, json!(record), Some(&field.doc))
            }
            Content::Compound { record, parts } => {
                defined.push(record);
                let parts = parts.iter().map(|part| nullable(part.name, json!(type_of(part.kind)), None));
                let record = json!({"type": "record", "name": record, "fields": parts.collect::<Vec<_>>()});
                nullable(&field.name, record, Some(&field.doc))
            }
        });
    }
    json!({"type": "record", "name": name, "namespace": NAMESPACE, "fields": fields})
}

fn header() -> Value {
    let list = || json!({"type": "array", "items": "string"});
    let change_type = json!({"type": "enum", "name": "ChangeType", "symbols": CHANGE_TYPES});
    json!({
        "name": HEADER,
        "type": {"type": "record", "name": HEADER, "fields": [
            {"name": "entityName", "type": "string"},
            {"name": "recordIds", "type": list()},
            {"name": "changeType", "type": change_type},
            {"name": "changeOrigin", "type": "string"},
            {"name": "transactionKey", "type": "string"},
            {"name": "sequenceNumber", "type": "int"},
            {"name": "commitTimestamp", "type": "long"},
            {"name": "commitNumber", "type": "long"},
            {"name": "commitUser", "type": "string"},
            {"name": "nulledFields", "type": list()},
            {"name": "diffFields", "type": list()},
            {"name": "changedFields", "type": list()},
        ]},
        "doc": "Data:ComplexValueType",
    })
}

fn switchable_name(name: &str, doc: &str) -> Value {
    let parts: Vec<_> = SWITCHABLE_NAME.iter().map(|part| nullable(part, json!("string"), None)).collect();
    let person = json!({"type": "record", "name": "Switchable_PersonName", "fields": parts});
    json!({"name": name, "type": ["null", "string", person], "doc": doc, "default": null})
}
