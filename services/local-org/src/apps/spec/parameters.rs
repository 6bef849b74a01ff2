//! Parameters, those of a path and those of its operations.

use std::collections::HashSet;

use serde_json::Value;

use super::document::Document;
use super::operation::{Location, Parameter};
use super::problems::Problems;
use super::schemas;

/// The parameters of an operation; one of the operation replaces that of the path with the same name and place.
pub(super) fn read(
    document: &Document,
    at: &str,
    template: &str,
    item: &Value,
    operation: &Value,
    problems: &mut Problems,
) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for (source, holder) in [("the path", item), ("the operation", operation)] {
        let mut seen = HashSet::new();
        for value in holder.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let Some(parameter) = document.resolve(value).and_then(|value| one(at, value, problems)) else { continue };
            if !seen.insert((parameter.name.clone(), parameter.location as u8)) {
                problems.add(at, format!("{source} has the parameter {} twice", parameter.name));
            }
            parameters.retain(|other| other.name != parameter.name || other.location != parameter.location);
            parameters.push(parameter);
        }
    }
    check_path(at, template, &parameters, problems);
    parameters
}

fn one(at: &str, value: &Value, problems: &mut Problems) -> Option<Parameter> {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        problems.add(at, "a parameter has no name");
        return None;
    }
    let location = match value.get("in").and_then(Value::as_str) {
        Some("path") => Location::Path,
        Some("query") => Location::Query,
        Some("header") => Location::Header,
        other => {
            let place = other.unwrap_or("nowhere");
            problems.add(at, format!("parameter {name} is in {place}; External Services take path, query and header"));
            return None;
        }
    };
    let schema = value.get("schema").cloned().unwrap_or_default();
    if schema.is_null() {
        problems.add(at, format!("parameter {name} has no schema"));
    }
    schemas::check(&format!("{at}: parameter {name}"), &schema, problems);
    let required = value.get("required").and_then(Value::as_bool).unwrap_or(false);
    Some(Parameter { name: name.to_owned(), location, required, schema })
}

/// Names in braces and parameters of the path must be the same, and required.
fn check_path(at: &str, template: &str, parameters: &[Parameter], problems: &mut Problems) {
    let names: HashSet<&str> = names(template).collect();
    let in_path = parameters.iter().filter(|parameter| parameter.location == Location::Path);
    for parameter in in_path.clone() {
        if !names.contains(parameter.name.as_str()) {
            problems.add(at, format!("parameter {} is not in the path", parameter.name));
        } else if !parameter.required {
            problems.add(at, format!("parameter {} of the path must be required: true", parameter.name));
        }
    }
    for name in names {
        if !in_path.clone().any(|parameter| parameter.name == name) {
            problems.add(at, format!("{{{name}}} of the path is not declared as a parameter"));
        }
    }
}

/// The names in the braces of a path template.
fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}
