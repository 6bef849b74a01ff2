//! The version of the document, and schemas that use what only a later one has.

use serde_json::Value;

use super::Document;
use super::problems::Problems;

/// Keywords of JSON Schema that OpenAPI 3.0 does not have.
const LATER: [&str; 10] = [
    "const",
    "prefixItems",
    "$defs",
    "$id",
    "if",
    "dependentSchemas",
    "dependentRequired",
    "patternProperties",
    "unevaluatedProperties",
    "contentEncoding",
];

/// Members that hold a schema, a list of schemas, and schemas by name.
const ONE: [&str; 3] = ["items", "additionalProperties", "not"];
const SEVERAL: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const NAMED: &str = "properties";

pub(super) fn check_version(document: &Document, problems: &mut Problems) {
    let root = document.root();
    match root.get("openapi") {
        Some(Value::String(version)) if version.starts_with("3.0.") => {}
        Some(Value::String(version)) => {
            problems.add("openapi", format!("is {version}; External Services read 3.0, such as 3.0.3"));
        }
        Some(_) => problems.add("openapi", "is not a text, such as \"3.0.3\""),
        None if root.get("swagger").is_some() => {
            problems.add("swagger", "External Services read OpenAPI 2.0 as well, a local org reads 3.0 only");
        }
        None => problems.add("openapi", "is missing; External Services read 3.0, such as 3.0.3"),
    }
    if root.pointer("/info/title").and_then(Value::as_str).is_none_or(|title| title.trim().is_empty()) {
        problems.add("info.title", "is missing");
    }
}

/// Checks the schemas under `components`, to which others refer.
pub(super) fn check_components(document: &Document, problems: &mut Problems) {
    let Some(Value::Object(schemas)) = document.root().pointer("/components/schemas") else { return };
    for (name, schema) in schemas {
        check(&format!("components.schemas.{name}"), schema, problems);
    }
}

/// Checks a schema and those in it. References are not followed: what they lead to is checked where it stands.
pub(super) fn check(at: &str, schema: &Value, problems: &mut Problems) {
    let Value::Object(members) = schema else { return };
    if members.contains_key("$ref") {
        return;
    }
    if let Some(Value::Array(_)) = members.get("type") {
        problems.add(at, "type is a list, which is OpenAPI 3.1; write one type and nullable: true");
    }
    if members.get("type").and_then(Value::as_str) == Some("null") {
        problems.add(at, "type null is OpenAPI 3.1; write nullable: true");
    }
    for keyword in LATER.iter().filter(|&&keyword| members.contains_key(keyword)) {
        problems.add(at, format!("{keyword} is not a keyword of OpenAPI 3.0"));
    }
    for keyword in ["exclusiveMinimum", "exclusiveMaximum"] {
        if members.get(keyword).is_some_and(|value| !value.is_boolean()) {
            problems.add(at, format!("{keyword} is a number, which is OpenAPI 3.1; in 3.0 it is true or false"));
        }
    }
    if members.get("type").and_then(Value::as_str) == Some("array") && !members.contains_key("items") {
        problems.add(at, "an array needs items");
    }
    if let Some(Value::Array(required)) = members.get("required")
        && required.iter().any(|name| !name.is_string())
    {
        problems.add(at, "required is a list of property names");
    }
    for keyword in ONE {
        if let Some(inner) = members.get(keyword) {
            check(&format!("{at}.{keyword}"), inner, problems);
        }
    }
    for keyword in SEVERAL {
        for (index, inner) in members.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate() {
            check(&format!("{at}.{keyword}[{index}]"), inner, problems);
        }
    }
    for (name, inner) in members.get(NAMED).and_then(Value::as_object).into_iter().flatten() {
        check(&format!("{at}.{name}"), inner, problems);
    }
}
