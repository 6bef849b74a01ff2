//! Metadata for agents: a topic for the document and actions in it (Dev Center, "OpenAPI Specification for AppLink").

use serde_json::Value;

use super::document::Document;
use super::operation::Operation;
use super::problems::Problems;

/// What a topic must say.
const TOPIC: [&str; 4] = ["name", "classificationDescription", "scope", "instructions"];

/// Whether an operation is to be an action of an agent.
pub(super) fn is_action(operation: &Value) -> bool {
    operation.pointer("/x-sfdc/agent/action/publishAsAgentAction") == Some(&Value::Bool(true))
}

/// Actions need a topic, and a topic needs an action.
pub(super) fn check_topic(document: &Document, operations: &[Operation], problems: &mut Problems) {
    let topic = document.root().pointer("/x-sfdc/agent/topic");
    let action = operations.iter().find(|operation| operation.agent_action);
    let (topic, at) = match (topic, action) {
        (None, None) => return,
        (None, Some(action)) => {
            let at = format!("{} {}", action.method, action.path);
            return problems.add(at, "is published as an agent action, but the document has no x-sfdc.agent.topic");
        }
        (Some(_), None) => return problems.add("x-sfdc.agent.topic", "no operation has publishAsAgentAction: true"),
        (Some(topic), Some(_)) => (topic, "x-sfdc.agent.topic"),
    };
    for key in TOPIC {
        let missing = match topic.get(key) {
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(texts)) => texts.is_empty() || texts.iter().any(|text| !text.is_string()),
            _ => true,
        };
        if missing {
            problems.add(at, format!("{key} is missing"));
        }
    }
    if let Some(name) = topic.get("name").and_then(Value::as_str)
        && !is_name(name)
    {
        let rule = "begins with a letter and has letters and digits with single spaces or underscores between";
        problems.add(at, format!("name '{name}' is not valid: a name {rule}"));
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.split([' ', '_']).all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
