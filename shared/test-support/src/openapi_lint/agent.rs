//! What Agentforce wants of a topic and its actions, where a document has them.

use std::collections::HashSet;

use serde_json::Value;

use super::findings::{Findings, entries, items, place};
use super::operation::Operation;

/// Shortest description of an action in characters: the planner chooses by it.
const MIN_DESCRIPTION: usize = 10;

/// Checks topic and actions. A document with neither is fine.
pub(super) fn check<'a>(operations: &[Operation<'a>], findings: &mut Findings<'a>) {
    let actions: Vec<_> = operations.iter().filter(|operation| operation.is_agent_action()).collect();
    let topic = &findings.document()["x-sfdc"]["agent"]["topic"];
    if topic.is_null() && actions.is_empty() {
        return;
    }
    check_topic(topic, findings);
    if actions.is_empty() {
        findings.add("/x-sfdc/agent/topic", "no operation has publishAsAgentAction: true, a topic needs an action");
    }
    for action in actions {
        check_action(action, findings);
    }
}

fn check_topic(topic: &Value, findings: &mut Findings<'_>) {
    const AT: &str = "/x-sfdc/agent/topic";
    for key in ["name", "classificationDescription", "scope"] {
        if !has_text(&topic[key]) {
            findings.add(AT, format!("{key} is missing"));
        }
    }
    if items(&topic["instructions"]).next().is_none() || !items(&topic["instructions"]).all(has_text) {
        findings.add(AT, "instructions must be a list of sentences");
    }
    if topic["name"].as_str().is_some_and(|name| !name.is_empty() && !is_topic_name(name)) {
        findings.add(AT, "name begins with a letter and has only letters, digits, single spaces or underscores");
    }
}

fn has_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn is_topic_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.split([' ', '_']).all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn check_action<'a>(action: &Operation<'a>, findings: &mut Findings<'a>) {
    let at = action.place.as_str();
    if action.value["description"].as_str().unwrap_or_default().chars().count() < MIN_DESCRIPTION {
        findings.add(at, "an agent action needs a description that tells the planner when to use it");
    }
    if entries(&action.value["callbacks"]).next().is_some() {
        findings.add(at, "an operation with callbacks is for Apex only, it cannot be an agent action");
    }
    let body = findings.resolve(&action.value["requestBody"]);
    let input = findings.resolve(&body["content"]["application/json"]["schema"]);
    if !body.is_null() && !is_marked(action.value, input, "isUserInput") {
        findings.add(at, "isUserInput is missing on the action and on its request schema");
    }
    check_described(input, &place(at, "requestBody"), findings);
    let mut successes = entries(&action.value["responses"]).filter(|(status, _)| status.starts_with('2'));
    let Some((status, response)) = successes.next() else {
        findings.add(at, "an agent action needs a 2xx response");
        return;
    };
    if successes.next().is_some() {
        findings.add(at, "an agent action uses only the lowest 2xx response, declare one");
    }
    let at = place(&place(at, "responses"), status);
    let schema = &findings.resolve(response)["content"]["application/json"]["schema"];
    if schema.is_null() {
        return; // an answer without a body
    }
    if !is_marked(action.value, findings.resolve(schema), "isDisplayable") {
        findings.add(&at, "isDisplayable is missing on the action and on its response schema");
    }
    check_described(findings.resolve(schema), &at, findings);
    check_closed(schema, &at, &mut HashSet::new(), findings);
}

/// The planner fills in and reads properties by their descriptions.
fn check_described(schema: &Value, at: &str, findings: &mut Findings<'_>) {
    for (name, property) in entries(&schema["properties"]) {
        if !has_text(&property["description"]) {
            findings.add(at, format!("the property {name} of an agent action needs a description"));
        }
    }
}

fn is_marked(operation: &Value, schema: &Value, key: &str) -> bool {
    [operation, schema].iter().any(|holder| holder["x-sfdc"]["agent"]["action"][key].is_boolean())
}

/// Every object of an answer must say `additionalProperties: false`. `seen` holds the references followed so far: schemas
/// may contain themselves.
fn check_closed<'a>(schema: &'a Value, at: &str, seen: &mut HashSet<&'a str>, findings: &mut Findings<'a>) {
    let reference = schema["$ref"].as_str();
    if reference.is_some_and(|reference| !seen.insert(reference)) {
        return;
    }
    let at = reference.unwrap_or(at);
    let schema = findings.resolve(schema);
    if (schema["type"] == "object" || schema.get("properties").is_some()) && schema["additionalProperties"] != false {
        findings.add(at, "the response of an agent action needs additionalProperties: false");
    }
    let properties = entries(&schema["properties"]).map(|(_, property)| property);
    let choices = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| items(&schema[keyword]));
    for inner in properties.chain(choices).chain(schema.get("items")) {
        check_closed(inner, at, seen, findings);
    }
}
