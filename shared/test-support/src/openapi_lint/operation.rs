//! Operations, and those of their callbacks: methods, parameters, bodies, answers.

use std::collections::HashSet;

use serde_json::Value;

use super::findings::{Findings, entries, items, place};
use super::{content, duplicates};

/// The keys of a path item that hold operations in OpenAPI 3.0.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Methods that External Services calls.
const CALLABLE: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Methods that Salesforce takes for callbacks.
const CALLED_BACK: [&str; 2] = ["post", "put"];

/// An operation of a path or of a callback.
pub(super) struct Operation<'a> {
    /// JSON pointer.
    pub(super) place: String,
    pub(super) value: &'a Value,
    /// The path template, or the callback's expression.
    path: &'a str,
    method: &'a str,
    /// Parameters of the path item.
    shared_parameters: &'a Value,
    pub(super) is_callback: bool,
}

impl<'a> Operation<'a> {
    pub(super) fn id(&self) -> Option<&'a str> {
        self.value["operationId"].as_str().filter(|id| !id.is_empty())
    }

    /// `x-sfdc.agent.action.publishAsAgentAction`.
    pub(super) fn is_agent_action(&self) -> bool {
        self.value["x-sfdc"]["agent"]["action"]["publishAsAgentAction"] == true
    }
}

/// All operations in document order, callbacks after their operation. Reports methods that Salesforce does not take.
pub(super) fn all<'a>(findings: &mut Findings<'a>) -> Vec<Operation<'a>> {
    let mut operations = Vec::new();
    for (path, item) in entries(&findings.document()["paths"]) {
        if !path.starts_with('/') {
            continue; // an extension
        }
        let at = place("/paths", path);
        for operation in of_item(path, item, &at, &CALLABLE, findings) {
            let callbacks = callbacks_of(&operation, findings);
            operations.push(operation);
            operations.extend(callbacks);
        }
    }
    operations
}

fn of_item<'a>(
    path: &'a str,
    item: &'a Value,
    at: &str,
    allowed: &[&str],
    findings: &mut Findings<'a>,
) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    for (method, value) in entries(item).filter(|(key, _)| METHODS.contains(key)) {
        let place = place(at, method);
        if !allowed.contains(&method) {
            findings.add(&place, format!("the method {method} is not supported, only {}", allowed.join(", ")));
        }
        found.push(Operation {
            place,
            value,
            path,
            method,
            shared_parameters: &item["parameters"],
            is_callback: false,
        });
    }
    found
}

fn callbacks_of<'a>(operation: &Operation<'a>, findings: &mut Findings<'a>) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    let at = place(&operation.place, "callbacks");
    duplicates::check(entries(&operation.value["callbacks"]).map(|(name, _)| name), &at, findings);
    for (name, callback) in entries(&operation.value["callbacks"]) {
        let at = place(&at, name);
        if !is_apex_identifier(name) {
            findings.add(&at, format!("{name} is no Apex identifier; it becomes the method that is called back"));
        }
        for (expression, item) in entries(findings.resolve(callback)).filter(|(key, _)| !key.starts_with("x-")) {
            let at = place(&at, expression);
            check_expression(expression, operation, &at, findings);
            let operations = of_item(expression, item, &at, &CALLED_BACK, findings);
            if operations.len() != 1 {
                findings.add(&at, "a callback expression takes exactly one operation");
            }
            found.extend(operations.into_iter().map(|operation| Operation { is_callback: true, ..operation }));
        }
    }
    found
}

/// The URL comes from the request's body or query; a top-level field of the body must be declared.
fn check_expression(expression: &str, operation: &Operation<'_>, at: &str, findings: &mut Findings<'_>) {
    let inner = expression.strip_prefix("{$request.").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    if let Some(pointer) = inner.strip_prefix("body#/").filter(|pointer| !pointer.is_empty()) {
        let body = findings.resolve(&operation.value["requestBody"]);
        let schema = findings.resolve(&body["content"]["application/json"]["schema"]);
        let property = findings.resolve(&schema["properties"][pointer]);
        if pointer.contains('/') {
            return; // a field of a nested object or list
        }
        if property.is_null() {
            findings.add(at, format!("the request body has no property {pointer}"));
        } else if property["type"] != "string" {
            findings.add(at, format!("the property {pointer} of the request body takes a URL, so it must be a string"));
        }
    } else if let Some(name) = inner.strip_prefix("query.") {
        let is_declared = items(&operation.value["parameters"]).any(|parameter| {
            let parameter = findings.resolve(parameter);
            parameter["in"] == "query" && parameter["name"] == name
        });
        if !is_declared {
            findings.add(at, format!("the operation has no query parameter {name}"));
        }
    } else {
        findings.add(at, "a callback expression is {$request.body#/field} or {$request.query.parameter}");
    }
}

/// Everything about one operation but its id.
pub(super) fn check<'a>(operation: &Operation<'a>, findings: &mut Findings<'a>) {
    parameters(operation, findings);
    let body = findings.resolve(&operation.value["requestBody"]);
    if operation.method == "get" && !body.is_null() {
        findings.add(&operation.place, "a GET operation takes no request body");
    }
    content::check(&body["content"], &place(&operation.place, "requestBody"), findings);
    let responses = &operation.value["responses"];
    if entries(responses).next().is_none() {
        findings.add(&operation.place, "an operation needs a response");
    }
    if operation.is_callback {
        return; // what a callback's answer declares is ignored
    }
    for (status, response) in entries(responses) {
        let response = findings.resolve(response);
        let at = place(&place(&operation.place, "responses"), status);
        if response.get("headers").is_some() {
            findings.add(&at, "response headers are not supported");
        }
        content::check(&response["content"], &at, findings);
    }
}

fn parameters<'a>(operation: &Operation<'a>, findings: &mut Findings<'a>) {
    let at = place(&operation.place, "parameters");
    let mut seen = HashSet::new();
    let own = items(&operation.value["parameters"]);
    for (index, parameter) in own.chain(items(operation.shared_parameters)).enumerate() {
        let parameter = findings.resolve(parameter);
        let at = place(&at, &index.to_string());
        let Some(name) = parameter["name"].as_str().filter(|name| !name.is_empty()) else {
            findings.add(&at, "every parameter needs a name");
            continue;
        };
        let location = parameter["in"].as_str().unwrap_or_default();
        match location {
            "path" if parameter["required"] != true => {
                findings.add(&at, format!("path parameter {name} must be required"))
            }
            "path" | "query" | "header" => {}
            _ => findings.add(&at, format!("parameter {name} must be in path, query or header")),
        }
        // An operation's own parameter replaces the shared one of the same name.
        let is_own = index < items(&operation.value["parameters"]).count();
        if !seen.insert((location, name)) && is_own {
            findings.add(&at, format!("there are two {location} parameters {name}"));
        }
    }
    if operation.is_callback {
        return; // its path is an expression
    }
    for name in operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        if !seen.contains(&("path", name)) {
            findings.add(&operation.place, format!("the path names {{{name}}}, but no parameter does"));
        }
    }
}

/// Apex Developer Guide, "Variables": begins with a letter, no two underscores in a row, none at the end.
pub(super) fn is_apex_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.contains("__")
        && !name.ends_with('_')
}
