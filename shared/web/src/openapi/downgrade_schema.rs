//! The rules that take one schema from JSON Schema 2020-12 (OpenAPI 3.1) to OpenAPI 3.0.

use serde_json::{Map, Value, json};

use super::walk::{DowngradeError, Step, child, each, remove};

/// Keywords that narrow a schema and have no counterpart. Leaving them out in silence would promise something else.
const UNKNOWN_TO_3_0: [&str; 14] = [
    "$defs",
    "$dynamicRef",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "patternProperties",
    "prefixItems",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that can go. `propertyNames` comes from maps, whose keys are text in JSON anyway.
const DROPPED: [&str; 5] = ["$schema", "$id", "$anchor", "$comment", "propertyNames"];

/// Rewrites a schema and all schemas in it.
pub(super) fn schema(value: &mut Value) -> Step {
    if let Value::Bool(anything) = value {
        *value = if *anything { json!({}) } else { json!({ "not": {} }) };
    }
    let Some(object) = value.as_object_mut() else { return Ok(()) };
    if let Some(keyword) = UNKNOWN_TO_3_0.iter().find(|keyword| object.contains_key(**keyword)) {
        return Err(DowngradeError::here(format!("OpenAPI 3.0 has no {keyword}")));
    }
    remove(object, &DROPPED);
    one_of_or_null(object, "oneOf")?;
    one_of_or_null(object, "anyOf")?;
    type_or_null(object)?;
    first_example(object);
    constant(object);
    exclusive_bound(object, "exclusiveMinimum", "minimum");
    exclusive_bound(object, "exclusiveMaximum", "maximum");
    content_encoding(object);
    reference_with_siblings(object);
    for key in ["properties", "allOf", "anyOf", "oneOf"] {
        each(value, key, &schema)?;
    }
    for key in ["items", "not"] {
        child(value, key, &schema)?;
    }
    // A boolean means the same in both versions.
    child(value, "additionalProperties", &|inner| if inner.is_boolean() { Ok(()) } else { schema(inner) })
}

/// `type: [T, null]` becomes `type: T` and `nullable: true`.
fn type_or_null(object: &mut Map<String, Value>) -> Step {
    let types = match object.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(Value::String(name)) if name == "null" => vec![json!("null")],
        _ => return Ok(()),
    };
    let (nulls, others): (Vec<_>, Vec<_>) = types.into_iter().partition(|name| name == "null");
    let Ok([only]) = <[Value; 1]>::try_from(others) else {
        return Err(DowngradeError::here("OpenAPI 3.0 wants exactly one type besides null"));
    };
    object.insert("type".to_owned(), only);
    if !nulls.is_empty() {
        object.insert("nullable".to_owned(), true.into());
    }
    Ok(())
}

/// A choice between null and one schema becomes that schema.
///
/// Of a reference only the reference stays: `nullable` beside `allOf` is no valid OpenAPI 3.0 (Redocly's
/// `nullable-type-sibling`), so the field must be left out, never sent as null (`skip_serializing_if`).
fn one_of_or_null(object: &mut Map<String, Value>, keyword: &str) -> Step {
    let Some(Value::Array(choices)) = object.get(keyword) else { return Ok(()) };
    let is_null = |choice: &Value| choice.get("type").is_some_and(|name| name == "null");
    if !choices.iter().any(is_null) {
        return Ok(());
    }
    let others: Vec<Value> = choices.iter().filter(|choice| !is_null(choice)).cloned().collect();
    let Ok([Value::Object(only)]) = <[Value; 1]>::try_from(others) else {
        return Err(DowngradeError::here(format!("OpenAPI 3.0 has no {keyword} of null and several schemas")));
    };
    remove(object, &[keyword]);
    let nullable = only.contains_key("type");
    for (key, value) in only {
        object.entry(key).or_insert(value); // what the outer schema says, its description above all, wins
    }
    if nullable {
        object.insert("nullable".to_owned(), true.into());
    }
    Ok(())
}

/// `examples: [first, …]` becomes `example: first`.
fn first_example(object: &mut Map<String, Value>) {
    let first = match object.get("examples") {
        Some(Value::Array(examples)) => examples.first().cloned(),
        _ => return,
    };
    remove(object, &["examples"]);
    if let Some(first) = first {
        object.entry("example").or_insert(first);
    }
}

fn constant(object: &mut Map<String, Value>) {
    if let Some(value) = object.shift_remove("const") {
        object.insert("enum".to_owned(), json!([value]));
    }
}

/// A number becomes the plain bound and `true`; where both bounds stand, the exclusive one is taken to be the narrower.
fn exclusive_bound(object: &mut Map<String, Value>, exclusive: &str, plain: &str) {
    if let Some(bound) = object.get(exclusive).filter(|bound| bound.is_number()).cloned() {
        object.insert(plain.to_owned(), bound);
        object.insert(exclusive.to_owned(), true.into());
    }
}

/// Bytes: base64 text is `format: byte` in 3.0, anything else `format: binary`.
fn content_encoding(object: &mut Map<String, Value>) {
    let encoding = object.shift_remove("contentEncoding");
    let media_type = object.shift_remove("contentMediaType");
    let format = match (encoding, media_type) {
        (Some(encoding), _) if encoding == "base64" => "byte",
        (None, None) => return,
        _ => "binary",
    };
    object.entry("type").or_insert_with(|| "string".into());
    object.entry("format").or_insert_with(|| format.into());
}

/// In 3.0 everything beside `$ref` is ignored, so a description moves next to an `allOf` that holds the reference.
fn reference_with_siblings(object: &mut Map<String, Value>) {
    if object.len() < 2 {
        return;
    }
    if let Some(reference) = object.shift_remove("$ref") {
        object.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
}
