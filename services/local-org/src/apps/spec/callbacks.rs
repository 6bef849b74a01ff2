//! Callbacks of asynchronous operations (Salesforce Help, "External Services Asynchronous Operations").

use serde_json::Value;

use super::content;
use super::document::Document;
use super::operation::{Body, Callback, Location, Media, Parameter, Place};
use super::problems::Problems;

/// Members of a path item that are no operations.
const OTHER_MEMBERS: [&str; 4] = ["summary", "description", "servers", "parameters"];

/// The operation's callback. External Services take several; a local org issues one URL for each call, and takes one.
pub(super) fn read(
    document: &Document,
    at: &str,
    operation: &Value,
    body: Option<&Body>,
    parameters: &[Parameter],
    problems: &mut Problems,
) -> Option<Callback> {
    let callbacks = operation.get("callbacks")?.as_object().filter(|callbacks| !callbacks.is_empty())?;
    if callbacks.len() > 1 {
        problems.add(at, "has several callbacks; a local org issues one callback URL for a call");
    }
    let (name, value) = callbacks.iter().next()?;
    let expressions = document.resolve(value)?.as_object()?;
    let mut expressions = expressions.iter().filter(|(key, _)| !key.starts_with("x-"));
    let what = format!("callback {name}");
    let Some((expression, item)) = expressions.next() else {
        problems.add(at, format!("{what} has no expression, such as {{$request.body#/callbackUrl}}"));
        return None;
    };
    if expressions.next().is_some() {
        problems.add(at, format!("{what} has several expressions; External Services take one"));
    }
    let Some(place) = place(expression) else {
        let known = "{$request.body#/…} and {$request.query.…}";
        problems.add(at, format!("{what}: {expression} is not an expression that External Services take: {known}"));
        return None;
    };
    check_place(document, at, &what, &place, body, parameters, problems);
    let (method, inner) = the_operation(at, &what, document.resolve(item)?, problems)?;
    let body = content::request(document, &format!("{at}: {what}"), inner, problems);
    if body.as_ref().is_some_and(|body| body.media != Media::Json) {
        problems.add(at, format!("{what}: a callback is posted as application/json"));
    }
    Some(Callback { place, method, schema: body.map_or(Value::Null, |body| body.schema) })
}

fn place(expression: &str) -> Option<Place> {
    let inner = expression.strip_prefix("{$request.")?.strip_suffix('}')?;
    match inner.strip_prefix("body#") {
        Some(pointer) if pointer.len() > 1 && pointer.starts_with('/') => Some(Place::Body(pointer.to_owned())),
        Some(_) => None,
        None => inner.strip_prefix("query.").filter(|name| !name.is_empty()).map(|name| Place::Query(name.to_owned())),
    }
}

/// The place must be one that the operation's request has.
fn check_place(
    document: &Document,
    at: &str,
    what: &str,
    place: &Place,
    body: Option<&Body>,
    parameters: &[Parameter],
    problems: &mut Problems,
) {
    match place {
        Place::Query(name) => {
            if !parameters.iter().any(|one| one.location == Location::Query && one.name == *name) {
                problems.add(at, format!("{what}: the operation has no query parameter {name}"));
            }
        }
        Place::Body(pointer) => {
            let Some(body) = body else {
                return problems.add(at, format!("{what}: the operation has no request body"));
            };
            if !has(document, &body.schema, pointer) {
                problems.add(at, format!("{what}: the request body has no property {pointer}"));
            }
        }
    }
}

/// Whether the schema describes what a JSON pointer leads to.
fn has(document: &Document, schema: &Value, pointer: &str) -> bool {
    let mut schema = schema;
    for name in pointer.split('/').skip(1) {
        let Some(resolved) = document.resolve(schema) else { return false };
        let inner = match name.parse::<usize>() {
            Ok(_) => resolved.get("items"),
            Err(_) => resolved.get("properties").and_then(|properties| properties.get(name)),
        };
        // Composed schemas are not looked through.
        let composed = ["allOf", "anyOf", "oneOf"].iter().any(|keyword| resolved.get(keyword).is_some());
        match inner {
            Some(inner) => schema = inner,
            None => return composed,
        }
    }
    true
}

/// The one operation of a callback.
fn the_operation<'a>(at: &str, what: &str, item: &'a Value, problems: &mut Problems) -> Option<(String, &'a Value)> {
    let members = item.as_object()?;
    let mut operations =
        members.iter().filter(|(name, _)| !name.starts_with("x-") && !OTHER_MEMBERS.contains(&name.as_str()));
    let Some((method, operation)) = operations.next() else {
        problems.add(at, format!("{what} has no operation"));
        return None;
    };
    if operations.next().is_some() {
        problems.add(at, format!("{what} has several operations; External Services take one"));
    }
    if !["post", "put"].contains(&method.as_str()) {
        problems.add(at, format!("{what} is {}; a callback is POST or PUT", method.to_ascii_uppercase()));
    }
    Some((method.to_ascii_uppercase(), operation))
}
