//! Whether a value fits a schema, as far as Salesforce sees to it: types, required members and listed values. Members that
//! the schema does not name are let through.

use serde_json::Value;

use crate::apps::spec::Document;

/// Schemas within one another that are looked through; deeper values are taken as they are.
const MAX_DEPTH: usize = 64;

/// What is wrong with `value`, whose name in messages is `name`; empty when nothing is.
pub(super) fn check(document: &Document, schema: &Value, name: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { document, found: &mut found }.value(schema, name, value, 0);
    found
}

struct Check<'a> {
    document: &'a Document,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, name: &str, value: &Value, depth: usize) {
        let Some(schema) = self.document.resolve(schema).filter(|_| depth < MAX_DEPTH) else { return };
        if value.is_null() {
            let nullable = schema.get("nullable") == Some(&Value::Bool(true)) || schema.get("type").is_none();
            if !nullable {
                self.found.push(format!("{name} is null"));
            }
            return;
        }
        if let Some(expected) = schema.get("type").and_then(Value::as_str)
            && !is_of(expected, value)
        {
            self.found.push(format!("{name} is not of type {expected}"));
            return;
        }
        if let Some(listed) = schema.get("enum").and_then(Value::as_array)
            && !listed.contains(value)
        {
            let listed: Vec<_> = listed.iter().map(ToString::to_string).collect();
            self.found.push(format!("{name} is none of {}", listed.join(", ")));
        }
        self.members(schema, name, value, depth);
        if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
            for (index, element) in elements.iter().enumerate() {
                self.value(items, &format!("{name}[{index}]"), element, depth + 1);
            }
        }
        self.composed(schema, name, value, depth);
    }

    fn members(&mut self, schema: &Value, name: &str, value: &Value, depth: usize) {
        let Some(members) = value.as_object() else { return };
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<_> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        for required in required.iter().filter(|&&required| !members.contains_key(required)) {
            self.found.push(format!("{name}.{required} is required"));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (member, value) in members {
            let known = properties.and_then(|properties| properties.get(member));
            let schema = known.or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object()));
            // Salesforce leaves out what is null and not required.
            if let Some(schema) = schema.filter(|_| !value.is_null() || required.contains(&member.as_str())) {
                self.value(schema, &format!("{name}.{member}"), value, depth + 1);
            }
        }
    }

    fn composed(&mut self, schema: &Value, name: &str, value: &Value, depth: usize) {
        for all in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(all, name, value, depth + 1);
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(choices) = schema.get(keyword).and_then(Value::as_array) else { continue };
            let fits = |choice: &Value| {
                let mut found = Vec::new();
                Check { document: self.document, found: &mut found }.value(choice, name, value, depth + 1);
                found.is_empty()
            };
            if !choices.iter().any(fits) {
                self.found.push(format!("{name} fits none of the schemas of {keyword}"));
            }
        }
    }
}

fn is_of(expected: &str, value: &Value) -> bool {
    match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;
    use crate::apps::spec;

    fn problems(value: &Value) -> Vec<String> {
        let text = json!({
            "openapi": "3.0.3", "info": {"title": "t"},
            "paths": {"/a": {"post": {"operationId": "a", "responses": {"200": {"description": "ok"}}}}},
            "components": {"schemas": {
                "Line": {"type": "object", "required": ["price"], "properties":
                    {"price": {"type": "number"}, "kind": {"type": "string", "enum": ["a", "b"]},
                     "next": {"$ref": "#/components/schemas/Line"}}},
                "Quote": {"type": "object", "required": ["lines"], "properties":
                    {"lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                     "count": {"type": "integer"}, "note": {"type": "string"},
                     "choice": {"oneOf": [{"type": "string"}, {"type": "boolean"}]}}}}}
        });
        let spec = spec::read(&text.to_string()).expect("a good document");
        check(&spec.document, &json!({"$ref": "#/components/schemas/Quote"}), "body", value)
    }

    #[test]
    fn takes_what_fits_and_what_is_not_named() {
        for value in [
            json!({"lines": []}),
            json!({"lines": [{"price": 1.5, "kind": "a", "next": {"price": 1}}], "count": 2, "note": null, "other": [1]}),
            json!({"lines": [], "choice": true}),
        ] {
            assert_eq!(problems(&value), [""; 0], "{value}");
        }
    }

    #[test]
    fn names_what_does_not_fit() {
        for (value, expected) in [
            (json!({}), "body.lines is required"),
            (json!([]), "body is not of type object"),
            (json!(null), "body is null"),
            (json!({"lines": [{}]}), "body.lines[0].price is required"),
            (json!({"lines": null}), "body.lines is null"),
            (json!({"lines": [{"price": "1"}]}), "body.lines[0].price is not of type number"),
            (json!({"lines": [{"price": 1, "kind": "c"}]}), "body.lines[0].kind is none of \"a\", \"b\""),
            (json!({"lines": [{"price": 1, "next": {}}]}), "body.lines[0].next.price is required"),
            (json!({"lines": [], "count": 1.5}), "body.count is not of type integer"),
            (json!({"lines": [], "choice": 1}), "body.choice fits none of the schemas of oneOf"),
        ] {
            assert_eq!(problems(&value), [expected], "{value}");
        }
    }
}
