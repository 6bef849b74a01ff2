//! Takes an OpenAPI 3.1 or 3.2 document down to 3.0.3.
//!
//! The walk follows the structure of the document, so that a property called `type`, an example or an extension is never
//! taken for a schema. The rules for schemas are in [`super::downgrade_schema`].

use serde_json::Value;

use super::downgrade_schema::schema;
use super::walk::{DowngradeError, Step, child, each, entries, remove};

/// The version that is written. Salesforce Help names OpenAPI 3.0; Heroku's examples use 3.0.3.
const VERSION: &str = "3.0.3";

/// The keys of a path item that hold operations in OpenAPI 3.0.
pub(super) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The document as OpenAPI 3.0.3, keys in the order of `document`, extensions last.
pub(super) fn downgrade(mut document: Value) -> Result<Value, DowngradeError> {
    let Some(root) = document.as_object_mut() else {
        return Err(DowngradeError::here("the document is not an object"));
    };
    root.insert("openapi".to_owned(), VERSION.into());
    remove(root, &["jsonSchemaDialect", "webhooks", "$self", "$schema"]);
    if let Some(info) = root.get_mut("info").and_then(Value::as_object_mut) {
        remove(info, &["summary"]);
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            remove(license, &["identifier"]);
        }
    }
    each(&mut document, "paths", &path_item)?;
    child(&mut document, "components", &components)?;
    extensions_last(&mut document);
    Ok(document)
}

fn components(components: &mut Value) -> Step {
    if let Some(components) = components.as_object_mut() {
        remove(components, &["pathItems", "mediaTypes"]);
    }
    each(components, "schemas", &schema)?;
    each(components, "responses", &response)?;
    each(components, "parameters", &parameter)?;
    each(components, "requestBodies", &request_body)?;
    each(components, "headers", &parameter)?;
    each(components, "callbacks", &callback)
}

fn path_item(item: &mut Value) -> Step {
    each(item, "parameters", &parameter)?;
    METHODS.iter().try_for_each(|method| child(item, method, &operation))
}

fn operation(operation: &mut Value) -> Step {
    if let Some(operation) = operation.as_object_mut() {
        operation.retain(|key, value| key != "tags" || value != &Value::Array(Vec::new())); // utoipa's "no tag"
    }
    each(operation, "parameters", &parameter)?;
    child(operation, "requestBody", &request_body)?;
    each(operation, "responses", &response)?;
    each(operation, "callbacks", &callback)
}

fn callback(callback: &mut Value) -> Step {
    bare_reference(callback);
    entries(callback, &path_item)
}

/// Parameters and headers.
fn parameter(parameter: &mut Value) -> Step {
    bare_reference(parameter);
    child(parameter, "schema", &schema)?;
    each(parameter, "content", &media_type)
}

fn request_body(body: &mut Value) -> Step {
    bare_reference(body);
    each(body, "content", &media_type)
}

fn response(response: &mut Value) -> Step {
    bare_reference(response);
    each(response, "headers", &parameter)?;
    each(response, "content", &media_type)
}

fn media_type(media_type: &mut Value) -> Step {
    child(media_type, "schema", &schema)
}

/// Outside of schemas 3.1 lets a reference carry a summary and a description, 3.0 nothing.
fn bare_reference(value: &mut Value) {
    if let Some(object) = value.as_object_mut()
        && object.contains_key("$ref")
    {
        object.retain(|key, _| key == "$ref");
    }
}

/// utoipa keeps the extensions of an object in a hash map, whose order changes from run to run.
fn extensions_last(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let (mut extensions, others): (Vec<_>, Vec<_>) =
                std::mem::take(object).into_iter().partition(|(key, _)| key.starts_with("x-"));
            extensions.sort_by(|(a, _), (b, _)| a.cmp(b));
            *object = others.into_iter().chain(extensions).collect();
            object.values_mut().for_each(extensions_last);
        }
        Value::Array(items) => items.iter_mut().for_each(extensions_last),
        _ => {}
    }
}
