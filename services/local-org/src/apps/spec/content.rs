//! Request and response bodies.

use serde_json::Value;

use super::document::Document;
use super::operation::{Body, Media};
use super::problems::Problems;
use super::schemas;

/// The media type, if External Services know it; parameters such as `charset` do not matter.
fn media(name: &str) -> Option<Media> {
    match name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        // The second is what Spring's exporter writes, and is published by many.
        "application/json" | "*/*" => Some(Media::Json),
        "application/x-www-form-urlencoded" => Some(Media::Form),
        "text/plain" => Some(Media::Text),
        _ => None,
    }
}

/// The request body of an operation; the first media type is used.
pub(super) fn request(document: &Document, at: &str, operation: &Value, problems: &mut Problems) -> Option<Body> {
    let body = document.resolve(operation.get("requestBody")?)?;
    let required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
    let (media, schema) = content(at, "the request body", body, problems)?;
    Some(Body { media, schema, required })
}

/// The responses of an operation: their bodies are not needed to call it, but must be such that they could be read.
pub(super) fn responses(document: &Document, at: &str, operation: &Value, problems: &mut Problems) {
    let Some(Value::Object(responses)) = operation.get("responses") else {
        return problems.add(at, "has no responses");
    };
    let is_success = |code: &String| code.starts_with('2') || code == "default";
    if !responses.keys().any(is_success) {
        problems.add(at, "has no response for success (2xx or default)");
    }
    for (code, response) in responses {
        let is_status = code.len() == 3
            && code.starts_with(|first: char| ('1'..='5').contains(&first))
            && (code.bytes().all(|digit| digit.is_ascii_digit()) || code.ends_with("XX"));
        if !is_status && code != "default" {
            problems.add(at, format!("response {code} is not an HTTP status"));
        }
        let Some(response) = document.resolve(response) else { continue };
        if response.get("description").and_then(Value::as_str).is_none() {
            problems.add(at, format!("response {code} has no description"));
        }
        if response.get("content").is_some_and(|content| content.as_object().is_none_or(|types| !types.is_empty())) {
            content(at, &format!("response {code}"), response, problems);
        }
    }
}

/// The first media type with its schema; all are checked.
fn content(at: &str, what: &str, holder: &Value, problems: &mut Problems) -> Option<(Media, Value)> {
    let Some(types) = holder.get("content").and_then(Value::as_object).filter(|types| !types.is_empty()) else {
        problems.add(at, format!("{what} has no content"));
        return None;
    };
    let mut first = None;
    for (name, content) in types {
        let Some(media) = media(name) else {
            let known = "application/json, application/x-www-form-urlencoded and text/plain";
            problems.add(at, format!("{what} is {name}; External Services take {known}"));
            continue;
        };
        let schema = content.get("schema").cloned().unwrap_or_default();
        if schema.is_null() {
            problems.add(at, format!("{what} ({name}) has no schema"));
        }
        schemas::check(&format!("{at}: {what}"), &schema, problems);
        first.get_or_insert((media, schema));
    }
    first
}
