//! Reads a document that may lack anything.

use serde_json::Value;

use super::super::downgrade::METHODS;

/// Method, path and description of every operation.
pub(super) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        let operations = entries(item).filter(|(key, _)| METHODS.contains(key));
        operations.map(move |(method, operation)| (method, path, operation))
    })
}

/// A text; empty when there is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Names and values of an object; none of anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}
