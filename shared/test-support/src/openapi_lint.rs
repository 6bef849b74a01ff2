//! What Salesforce rejects in an OpenAPI document, found before `heroku salesforce:publish` sends it there: the CLI itself
//! checks nothing but the file's name.
//!
//! Sources: Salesforce Help, "External Services Schema Definition" (limits, usage considerations, asynchronous
//! operations); Heroku Dev Center, "OpenAPI Specification for Heroku AppLink"; MuleSoft ruleset "SF API Topic and Action
//! Enablement" for agent actions.

mod agent;
mod authorization;
mod content;
mod duplicates;
mod findings;
mod operation;
mod references;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::Value;

use findings::Findings;
use operation::{Operation, is_apex_identifier};

/// What is wrong, each line with the place in the document. An empty list means that the document can be published.
pub fn lint(document: &Value) -> Vec<String> {
    let mut findings = Findings::new(document);
    version(&mut findings);
    info(&mut findings);
    size(&mut findings);
    references::check(&mut findings);
    content::components(&mut findings);
    let operations = operation::all(&mut findings);
    for operation in &operations {
        operation::check(operation, &mut findings);
    }
    operation_ids(&operations, &mut findings);
    authorization::check(&operations, &mut findings);
    agent::check(&operations, &mut findings);
    findings.into_lines()
}

fn version(findings: &mut Findings<'_>) {
    let version = findings.document()["openapi"].as_str().unwrap_or_default();
    if !version.starts_with("3.0.") {
        findings.add("/openapi", "External Services takes OpenAPI 3.0, write 3.0.3");
    }
}

fn info(findings: &mut Findings<'_>) {
    for key in ["title", "version"] {
        if findings.document()["info"][key].as_str().is_none_or(str::is_empty) {
            findings.add("/info", format!("{key} is missing"));
        }
    }
}

/// Salesforce Help, "External Services Schema Definition": 10 MB of JSON. YAML may have 3 MB, which is never more text.
fn size(findings: &mut Findings<'_>) {
    const LIMIT: usize = 3_000_000;
    let bytes = findings.document().to_string().len();
    if bytes > LIMIT {
        findings.add("", format!("the document has {bytes} bytes, more than the {LIMIT} that a YAML file may have"));
    }
}

/// Ids become methods of an Apex class, and Apex ignores case.
fn operation_ids(operations: &[Operation<'_>], findings: &mut Findings<'_>) {
    let mut places: HashMap<String, &str> = HashMap::new();
    for operation in operations {
        let Some(id) = operation.id() else {
            findings.add(&operation.place, "operationId is missing; it becomes the name of the Apex method");
            continue;
        };
        if !is_apex_identifier(id) {
            let message =
                format!("operationId {id} is no Apex identifier: a letter, then letters, digits, single underscores");
            findings.add(&operation.place, message);
        }
        if let Some(other) = places.insert(id.to_ascii_lowercase(), &operation.place) {
            findings.add(&operation.place, format!("operationId {id} is taken by {other}"));
        }
    }
}
