//! What a change event says, read back from the event itself, for people.

use apache_avro::types::Value;

use super::bitmap::FieldSet;
use super::header::HEADER;

/// What a change event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// API name of the object.
    pub(crate) object: String,
    /// `CREATE`, `UPDATE` and the like.
    pub(crate) change_type: String,
    /// The same for all events of a transaction.
    pub(crate) transaction: Option<String>,
    pub(crate) record_ids: Vec<String>,
    /// Names of the fields that an update changed; of parts of a compound, `BillingAddress.City`.
    pub(crate) changed: Vec<String>,
    /// The record's name, where the event has it as a text.
    pub(crate) name: Option<String>,
}

/// The summary of a decoded event; none when it is no change event.
pub(crate) fn of(event: &Value) -> Option<Summary> {
    let Value::Record(fields) = event else { return None };
    let Value::Record(header) = value(fields, HEADER)? else { return None };
    let changed = texts(value(header, "changedFields")?);
    let changed = FieldSet::parse(changed.iter().map(String::as_str))?;
    Some(Summary {
        object: text(value(header, "entityName")?)?,
        change_type: text(value(header, "changeType")?)?,
        transaction: value(header, "transactionKey").and_then(text),
        record_ids: texts(value(header, "recordIds")?),
        changed: changed.iter().flat_map(|(field, parts)| names(fields, field, &parts)).collect(),
        name: value(fields, "Name").and_then(text),
    })
}

/// The names of a field, or of its parts.
fn names(fields: &[(String, Value)], field: usize, parts: &[usize]) -> Vec<String> {
    let Some((name, value)) = fields.get(field) else { return Vec::new() };
    if parts.is_empty() {
        return vec![name.clone()];
    }
    let Value::Record(known) = inner(value) else { return vec![name.clone()] };
    parts.iter().filter_map(|part| known.get(*part)).map(|(part, _)| format!("{name}.{part}")).collect()
}

fn value<'v>(fields: &'v [(String, Value)], name: &str) -> Option<&'v Value> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| inner(value))
}

/// What is in a union.
fn inner(value: &Value) -> &Value {
    match value {
        Value::Union(_, value) => inner(value),
        value => value,
    }
}

fn text(value: &Value) -> Option<String> {
    match inner(value) {
        Value::String(text) | Value::Enum(_, text) => Some(text.clone()),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: Vec<(&str, Value)>) -> Value {
        Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn string(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn some(value: Value) -> Value {
        Value::Union(1, Box::new(value))
    }

    fn event(changed: &[&str]) -> Value {
        let list = |items: &[&str]| Value::Array(items.iter().map(|item| string(item)).collect());
        let header = record(vec![
            ("entityName", string("Account")),
            ("recordIds", list(&["001A", "001B"])),
            ("changeType", Value::Enum(1, "UPDATE".to_owned())),
            ("changedFields", list(changed)),
            ("transactionKey", string("t-1")),
        ]);
        let address = record(vec![("Street", some(string("Main"))), ("City", some(string("Berlin")))]);
        record(vec![(HEADER, header), ("Name", some(string("Acme"))), ("BillingAddress", some(address))])
    }

    #[test]
    fn names_fields_and_parts_of_fields() {
        let summary = of(&event(&["0x02", "2-0x02"])).expect("a change event");
        assert_eq!((summary.object.as_str(), summary.change_type.as_str()), ("Account", "UPDATE"));
        assert_eq!(summary.record_ids, ["001A", "001B"]);
        assert_eq!(summary.transaction.as_deref(), Some("t-1"));
        assert_eq!(summary.changed, ["Name", "BillingAddress.City"]);
        assert_eq!(summary.name.as_deref(), Some("Acme"));
        assert!(of(&event(&["0x0800"])).expect("a change event").changed.is_empty(), "no such field");
    }

    #[test]
    fn a_platform_event_has_none() {
        assert_eq!(of(&record(vec![("Status__c", some(string("done")))])), None);
    }
}
