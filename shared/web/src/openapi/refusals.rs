//! How every operation can refuse a request. The extractors and the framework answer so for all of them, so it is said in one
//! place and not at each operation.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::downgrade::METHODS;
use crate::ErrorAnswer;

/// The schema of an error answer, and its name.
const ERROR: &str = "ErrorAnswer";
const ERROR_REF: &str = "#/components/schemas/ErrorAnswer";
/// The header by which a repeated request is known; what `web::jobs::idempotency_key` takes.
const KEY: &str = "Idempotency-Key";
const KEY_PATTERN: &str = "^[!-~]([ -~]*[!-~])?$";

/// Adds to every operation of a document, as utoipa writes it, the refusals that it does not name itself, and to every error
/// its body.
///
/// # Errors
/// When a schema cannot be written as JSON.
pub(super) fn add(document: &mut Value) -> Result<(), serde_json::Error> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let mut used = false;
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else { continue };
        for operation in item.iter_mut().filter(|(key, _)| METHODS.contains(&key.as_str())).map(|(_, value)| value) {
            complete(path, operation);
            used = true;
        }
    }
    if used { add_schemas(document) } else { Ok(()) }
}

fn complete(path: &str, operation: &mut Value) {
    let takes_a_body = operation.get("requestBody").is_some();
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if parameter["in"] == "header" && parameter["name"] == KEY {
            parameter["schema"] = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN });
        }
    }
    let refusals = [
        ("400", true, "Something in the request is wrong; `field` says what."),
        ("401", true, "Who calls is not known: the client context or the token is missing or wrong."),
        ("404", path.contains('{'), "There is nothing of this id that the caller may see."),
        ("413", takes_a_body, "The body is too large."),
        ("415", takes_a_body, "The body's content type is not taken."),
        ("503", true, "The service cannot do its work now, and nothing was accepted. Try again."),
    ];
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, _, description) in refusals.iter().filter(|(_, applies, _)| *applies) {
        responses.entry(*status).or_insert_with(|| json!({ "description": description }));
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5'])) {
        if let Some(response) = response.as_object_mut() {
            let body = || json!({ "application/json": { "schema": { "$ref": ERROR_REF } } });
            response.entry("content").or_insert_with(body);
        }
    }
    let mut sorted: Vec<_> = std::mem::take(responses).into_iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    responses.extend(sorted);
}

fn add_schemas(document: &mut Value) -> Result<(), serde_json::Error> {
    let mut schemas: Vec<(String, RefOr<Schema>)> = vec![(ERROR.to_owned(), ErrorAnswer::schema())];
    ErrorAnswer::schemas(&mut schemas);
    let Some(root) = document.as_object_mut() else { return Ok(()) };
    let components = root.entry("components").or_insert_with(|| Map::new().into());
    let Some(components) = components.as_object_mut() else { return Ok(()) };
    let known = components.entry("schemas").or_insert_with(|| Map::new().into());
    let Some(known) = known.as_object_mut() else { return Ok(()) };
    for (name, schema) in schemas {
        if !known.contains_key(&name) {
            known.insert(name, serde_json::to_value(schema)?);
        }
    }
    let mut sorted: Vec<_> = std::mem::take(known).into_iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    known.extend(sorted);
    Ok(())
}
