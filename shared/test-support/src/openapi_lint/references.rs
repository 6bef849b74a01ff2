//! References: Salesforce reads one file, so every one must lead somewhere inside it.

use serde_json::Value;

use super::findings::{Findings, entries, items, place};

/// Keys whose value is data, where a `$ref` would be no reference.
const DATA: [&str; 4] = ["example", "examples", "default", "enum"];

/// Checks every reference of the document.
pub(super) fn check(findings: &mut Findings<'_>) {
    walk(findings.document(), "", findings);
}

fn walk<'a>(value: &'a Value, at: &str, findings: &mut Findings<'a>) {
    if let Some(reference) = value["$ref"].as_str() {
        if !reference.starts_with('#') {
            findings.add(at, format!("{reference} is outside of this file"));
        } else if findings.target(reference).is_none() {
            findings.add(at, format!("{reference} leads nowhere"));
        }
    }
    for (key, inner) in entries(value).filter(|(key, _)| !is_data(key)) {
        walk(inner, &place(at, key), findings);
    }
    for (index, inner) in items(value).enumerate() {
        walk(inner, &place(at, &index.to_string()), findings);
    }
}

/// A property may have one of these names and is skipped too; a lint may miss that, but must not cry wolf.
fn is_data(key: &str) -> bool {
    DATA.contains(&key) || key.starts_with("x-sfdc")
}
