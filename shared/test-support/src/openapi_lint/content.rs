//! Bodies: their media types and schemas.

use serde_json::Value;

use super::duplicates;
use super::findings::{Findings, entries, items, place};

/// What External Services reads and writes.
const MEDIA_TYPES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "text/plain"];

/// Keywords of OpenAPI 3.1 that a 3.0 reader takes for something else or nothing.
const FROM_3_1: [&str; 5] = ["const", "examples", "prefixItems", "patternProperties", "$defs"];

/// Checks the `content` of a body. Nothing to check when there is none.
pub(super) fn check<'a>(content: &'a Value, at: &str, findings: &mut Findings<'a>) {
    for (media_type, value) in entries(content) {
        let at = place(&place(at, "content"), media_type);
        if !MEDIA_TYPES.contains(&media_type) {
            findings.add(&at, format!("the media type is not supported, only {}", MEDIA_TYPES.join(", ")));
        }
        schema(&value["schema"], &place(&at, "schema"), findings);
    }
}

/// Checks all schemas of `components`.
pub(super) fn components(findings: &mut Findings<'_>) {
    let schemas = &findings.document()["components"]["schemas"];
    duplicates::check(entries(schemas).map(|(name, _)| name), "/components/schemas", findings);
    for (name, value) in entries(schemas) {
        schema(value, &place("/components/schemas", name), findings);
    }
}

fn schema<'a>(value: &'a Value, at: &str, findings: &mut Findings<'a>) {
    if value["type"].is_array() || value["type"] == "null" {
        findings.add(at, "type is one name in OpenAPI 3.0; write nullable: true for null");
    }
    for keyword in FROM_3_1.iter().filter(|keyword| value.get(**keyword).is_some()) {
        findings.add(at, format!("OpenAPI 3.0 has no {keyword} in schemas"));
    }
    if ["exclusiveMinimum", "exclusiveMaximum"].iter().any(|keyword| value[*keyword].is_number()) {
        findings.add(at, "exclusive bounds are true or false in OpenAPI 3.0");
    }
    duplicates::check(entries(&value["properties"]).map(|(name, _)| name), &place(at, "properties"), findings);
    for (name, property) in entries(&value["properties"]) {
        schema(property, &place(&place(at, "properties"), name), findings);
    }
    for keyword in ["items", "not", "additionalProperties"] {
        if let Some(inner) = value.get(keyword) {
            schema(inner, &place(at, keyword), findings);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for (index, choice) in items(&value[keyword]).enumerate() {
            schema(choice, &place(&place(at, keyword), &index.to_string()), findings);
        }
    }
}
