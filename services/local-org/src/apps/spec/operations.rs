//! Paths and operations.

use std::collections::HashMap;

use serde_json::Value;

use super::document::Document;
use super::operation::Operation;
use super::problems::Problems;
use super::{agent, callbacks, content, parameters};

/// Methods that External Services call, and those that OpenAPI has besides.
const METHODS: [&str; 5] = ["get", "patch", "put", "post", "delete"];
const OTHER_METHODS: [&str; 3] = ["head", "options", "trace"];

/// All operations of the document.
pub(super) fn read(document: &Document, problems: &mut Problems) -> Vec<Operation> {
    let mut operations = Vec::new();
    let Some(Value::Object(paths)) = document.root().get("paths") else {
        problems.add("paths", "is missing");
        return operations;
    };
    let mut names = Names::default();
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        if !path.starts_with('/') {
            problems.add(path, "a path begins with a slash");
        }
        let Some(item) = document.resolve(item) else { continue };
        for method in OTHER_METHODS.iter().filter(|&&method| item.get(method).is_some()) {
            let (method, known) = (method.to_ascii_uppercase(), "GET, PATCH, PUT, POST and DELETE");
            problems.add(format!("{method} {path}"), format!("External Services call {known} only"));
        }
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let at = format!("{} {path}", method.to_ascii_uppercase());
                let operation = one(document, &at, (method, path), (item, operation), problems);
                names.check(&at, &operation.id, problems);
                operations.push(operation);
            }
        }
    }
    if operations.is_empty() {
        problems.add("paths", "has no operation");
    }
    operations
}

fn one(
    document: &Document,
    at: &str,
    (method, path): (&str, &str),
    (item, operation): (&Value, &Value),
    problems: &mut Problems,
) -> Operation {
    if method == "get" && operation.get("requestBody").is_some() {
        problems.add(at, "a GET must not have a request body");
    }
    let parameters = parameters::read(document, at, path, item, operation, problems);
    let body = content::request(document, at, operation, problems);
    content::responses(document, at, operation, problems);
    let callback = callbacks::read(document, at, operation, body.as_ref(), &parameters, problems);
    Operation {
        id: operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned(),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        parameters,
        body,
        callback,
        permission_set: permission_set(at, operation, problems),
        agent_action: agent::is_action(operation),
    }
}

/// `x-sfdc.heroku.authorization.permissionSet`.
fn permission_set(at: &str, operation: &Value, problems: &mut Problems) -> Option<String> {
    let extension = operation.get("x-sfdc")?;
    let authorization = extension.pointer("/heroku/authorization")?;
    for key in ["connectedApp", "externalClientApp", "permissionSet"] {
        let value = authorization.get(key);
        if value.is_some_and(|value| value.as_str().is_none_or(|name| name.trim().is_empty())) {
            problems.add(at, format!("x-sfdc.heroku.authorization.{key} is not a name"));
        }
    }
    authorization.get("permissionSet").and_then(Value::as_str).map(str::to_owned)
}

/// Operation ids become names of Apex methods, which are the same in any case and without characters that Apex does not
/// take.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn check(&mut self, at: &str, id: &str, problems: &mut Problems) {
        if id.is_empty() {
            return problems.add(at, "has no operationId, which becomes the name of the Apex method");
        }
        let name: String = id.chars().filter(|&char| char.is_ascii_alphanumeric() || char == '_').collect();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return problems.add(at, format!("operationId {id} cannot become the name of an Apex method"));
        }
        if let Some(other) = self.0.insert(name.to_ascii_lowercase(), at.to_owned()) {
            problems.add(at, format!("operationId {id} becomes the same Apex name as that of {other}"));
        }
    }
}
