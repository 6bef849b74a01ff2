//! Values that a schema allows, for examples.

use serde_json::{Map, Value, json};

use super::document::{entries, text};

/// Schemas within each other that are followed: one that contains itself has no end.
const DEEPEST: usize = 12;

/// What a body or parameter may be: its own example where the document has one, otherwise one made of its schema.
pub(super) fn of(document: &Value, described: &Value) -> Value {
    let named = entries(&described["examples"]).find_map(|(_, example)| example.get("value"));
    match described.get("example").or(named) {
        Some(example) => example.clone(),
        None => of_schema(document, &described["schema"], 0),
    }
}

fn of_schema(document: &Value, schema: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    let inner = |schema: &Value| of_schema(document, schema, depth + 1);
    if let Some(example) = schema.get("example").or_else(|| schema.get("default")) {
        return example.clone();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return inner(&document["components"]["schemas"][name]);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().map(inner).reduce(merged).unwrap_or_default();
    }
    if let Some(first) = [&schema["oneOf"], &schema["anyOf"]].into_iter().find_map(|choices| choices.get(0)) {
        return inner(first);
    }
    match text(&schema["type"]) {
        "object" => object(schema, inner),
        "array" => json!([inner(&schema["items"])]),
        "string" => Value::from(text_of(text(&schema["format"]))),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        _ => Value::Null,
    }
}

/// The properties that must be there, and those that have an example.
fn object(schema: &Value, inner: impl Fn(&Value) -> Value) -> Value {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|item| item == name));
    let shown =
        entries(&schema["properties"]).filter(|(name, property)| required(name) || property.get("example").is_some());
    Value::Object(shown.map(|(name, property)| (name.to_owned(), inner(property))).collect::<Map<_, _>>())
}

fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (Value::Null, other) => other,
        (one, _) => one,
    }
}

fn text_of(format: &str) -> &'static str {
    match format {
        "date" => "2026-01-31",
        "date-time" => "2026-01-31T12:00:00Z",
        "uuid" => "01234567-89ab-4cde-8f01-23456789abcd",
        "uri" | "url" => "https://example.com/",
        "email" => "user@example.com",
        _ => "text",
    }
}
