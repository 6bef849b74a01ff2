//! Change events as JSON.

use crate::filter::InvalidChange;
use serde_json::{Map, Value};
use shared::salesforce::pubsub::{ChangeEvent, ChangeEventHeader};

/// The header's name.
const HEADER: &str = "ChangeEventHeader";

/// What a header must have.
const REQUIRED: [&str; 4] = ["entityName", "recordIds", "changeType", "transactionKey"];

/// Reads a change event: an object with the fields of the record and `ChangeEventHeader`.
pub(crate) fn read_change(event: Value) -> Result<ChangeEvent, InvalidChange> {
    let missing = |reason: &str| InvalidChange::new(HEADER, reason);
    let Value::Object(mut fields) = event else { return Err(missing("expected an object that has it")) };
    let header = fields.shift_remove(HEADER).ok_or_else(|| missing("it is missing"))?;
    let Value::Object(header) = header else { return Err(missing("expected an object")) };
    let header: Map<String, Value> = header
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (in_lower_case(name), value))
        .collect();
    if let Some(name) = REQUIRED.into_iter().find(|name| !header.contains_key(*name)) {
        return Err(InvalidChange::new(format!("{HEADER}.{name}"), "it is missing"));
    }
    let mut header: ChangeEventHeader = serde_json::from_value(Value::Object(header)).map_err(|_| {
        missing("recordIds and the lists of fields are lists of text, times and numbers are whole, the rest is text")
    })?;
    // Without the schema nobody can say which fields a bitmap names.
    if header.changed_fields.iter().any(|field| is_bitmap(field)) {
        header.changed_fields.clear();
    }
    Ok(ChangeEvent { header, fields })
}

/// Salesforce's `changeType` is `ChangeType` where Heroku Events' filters speak of it.
fn in_lower_case(mut name: String) -> String {
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// `0x…` or `7-0x…`, as change events have it on their way, in place of the name of a field.
fn is_bitmap(field: &str) -> bool {
    let bits = field.split_once('-').map_or(field, |(_, bits)| bits);
    bits.starts_with("0x") || bits.starts_with("0X")
}
