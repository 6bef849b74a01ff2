//! Each rule by itself.

use serde_json::{Value, json};

use super::super::downgrade::downgrade;

/// Takes one schema down.
fn schema(schema: Value) -> Result<Value, String> {
    let document = json!({ "openapi": "3.1.0", "components": { "schemas": { "S": schema } } });
    let result = downgrade(document).map_err(|error| error.to_string())?;
    Ok(result["components"]["schemas"]["S"].clone())
}

#[test]
fn rules() {
    let cases = [
        (json!(true), json!({})),
        (json!(false), json!({ "not": {} })),
        (json!({ "type": ["null", "string"] }), json!({ "type": "string", "nullable": true })),
        (json!({ "type": ["string"] }), json!({ "type": "string" })),
        (json!({ "const": 1 }), json!({ "enum": [1] })),
        (json!({ "exclusiveMaximum": 9 }), json!({ "maximum": 9, "exclusiveMaximum": true })),
        (json!({ "examples": [1, 2] }), json!({ "example": 1 })),
        (json!({ "examples": [1], "example": 2 }), json!({ "example": 2 })),
        (json!({ "$ref": "#/a" }), json!({ "$ref": "#/a" })),
        (json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/a" }] }), json!({ "$ref": "#/a" })),
        (
            json!({ "description": "d", "anyOf": [{ "$ref": "#/a" }, { "type": "null" }] }),
            json!({ "description": "d", "allOf": [{ "$ref": "#/a" }] }),
        ),
        (
            json!({ "oneOf": [{ "type": "null" }, { "type": "integer", "minimum": 1 }] }),
            json!({ "type": "integer", "minimum": 1, "nullable": true }),
        ),
        (
            json!({ "oneOf": [{ "$ref": "#/a" }, { "$ref": "#/b" }] }),
            json!({ "oneOf": [{ "$ref": "#/a" }, { "$ref": "#/b" }] }),
        ),
        (
            json!({ "type": "object", "propertyNames": { "type": "string" }, "additionalProperties": true }),
            json!({ "type": "object", "additionalProperties": true }),
        ),
        (json!({ "type": "string", "contentEncoding": "base64" }), json!({ "type": "string", "format": "byte" })),
        (
            json!({ "type": "string", "contentMediaType": "application/octet-stream" }),
            json!({ "type": "string", "format": "binary" }),
        ),
        (
            json!({ "type": "array", "items": { "type": "array", "items": { "const": 1 } } }),
            json!({ "type": "array", "items": { "type": "array", "items": { "enum": [1] } } }),
        ),
    ];
    for (given, expected) in cases {
        assert_eq!(schema(given.clone()), Ok(expected), "{given}");
    }
}

#[test]
fn what_3_0_cannot_say_is_an_error() {
    let cases = [
        (json!({ "type": "null" }), "/components/schemas/S: OpenAPI 3.0 wants exactly one type besides null"),
        (
            json!({ "properties": { "p": { "type": ["string", "integer"] } } }),
            "/components/schemas/S/properties/p: OpenAPI 3.0 wants exactly one type besides null",
        ),
        (json!({ "items": { "prefixItems": [] } }), "/components/schemas/S/items: OpenAPI 3.0 has no prefixItems"),
        (
            json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/a" }, { "$ref": "#/b" }] }),
            "/components/schemas/S: OpenAPI 3.0 has no oneOf of null and several schemas",
        ),
    ];
    for (given, expected) in cases {
        assert_eq!(schema(given.clone()), Err(expected.to_owned()), "{given}");
    }
}

#[test]
fn data_that_looks_like_a_schema_is_left_alone() {
    let given = json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" },
            "const": { "type": "string", "default": { "const": 1 } },
            "examples": { "type": "string", "example": { "examples": [1], "type": ["a", "b"] } },
        },
        "x-sfdc": { "type": ["a", "b"] },
    });
    assert_eq!(schema(given.clone()), Ok(given));
}

#[test]
fn every_place_of_a_schema_is_found() {
    let schema = json!({ "const": 1 });
    let content = json!({ "application/json": { "schema": schema } });
    let item = json!({
        "parameters": [{ "name": "a", "in": "query", "schema": schema }],
        "post": {
            "parameters": [{ "name": "b", "in": "query", "content": content }],
            "requestBody": { "content": content },
            "responses": { "200": { "headers": { "h": { "schema": schema } }, "content": content } },
        },
    });
    let mut with_callback = item.clone();
    with_callback["post"]["callbacks"] = json!({ "done": { "{$request.body#/url}": item } });
    let document = json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "x",
        "webhooks": {},
        "info": { "title": "t", "summary": "s" },
        "paths": { "/a": with_callback },
        "components": {
            "schemas": { "S": { "properties": { "p": schema }, "additionalProperties": schema, "not": schema } },
            "responses": { "R": { "content": content } },
            "parameters": { "P": { "schema": schema } },
            "requestBodies": { "B": { "content": content } },
            "headers": { "H": { "schema": schema } },
            "callbacks": { "C": { "{$request.body#/url}": item } },
            "pathItems": {},
        },
    });
    let text = downgrade(document).unwrap().to_string();
    assert!(!text.contains("const"), "{text}");
    for gone in ["jsonSchemaDialect", "webhooks", "summary", "pathItems"] {
        assert!(!text.contains(gone), "{gone}");
    }
}

#[test]
fn references_outside_schemas_stand_alone() {
    let document = json!({ "paths": { "/a": { "get": { "responses": {
        "404": { "$ref": "#/components/responses/NotFound", "description": "d" },
    } } } } });
    let result = downgrade(document).unwrap();
    let expected = json!({ "$ref": "#/components/responses/NotFound" });
    assert_eq!(result["paths"]["/a"]["get"]["responses"]["404"], expected);
}

#[test]
fn extensions_stand_last_and_sorted() {
    let document = json!({ "x-b": 1, "openapi": "3.1.0", "x-a": 2, "paths": {} });
    let keys: Vec<String> = downgrade(document).unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["openapi", "paths", "x-a", "x-b"]);
}
