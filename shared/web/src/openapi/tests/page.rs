//! The page for people.

use serde_json::json;

use super::super::page::render;
use super::document;

#[test]
fn shows_operations_schemas_and_callbacks() {
    let page = document().page();
    for part in [
        "<title>Test</title>",
        "<span class=\"method post\">POST</span> <code>/api/generatequote</code> <small>generateQuote</small>",
        "<p>Use this action when the user asks for a quote.</p>",
        "<a href=\"#schema-Quote\">Quote</a>",
        "<h3 id=\"schema-Quote\">Quote</h3>",
        "<dt><code>callbackUrl</code> <small>string or null</small></dt><dd>Filled in by Salesforce.</dd>",
        "<dt><code>labels</code> <small>map of string, required</small></dt><dd>By name.</dd>",
        "<a href=\"#generateQuote\">generateQuote</a>",
        "x-client-context: $CLIENT_CONTEXT",
        "string: &quot;Up&quot;, &quot;Down&quot;",
        "Callback quoteGenerated: POST <code>{$request.body#/callbackUrl}</code>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn text_is_escaped_and_nothing_is_loaded() {
    let evil = "<script>alert('x')</script>\" onclick=\"y";
    let schema = json!({ "type": evil, "format": evil, "description": evil, "enum": [evil] });
    let page = render(&json!({
        "info": { "title": evil, "version": evil, "description": evil },
        "paths": { evil: { "get": {
            "operationId": evil, "summary": evil, "description": evil,
            "parameters": [{ "name": evil, "in": evil, "description": evil, "schema": { "$ref": evil } }],
            "requestBody": { "content": { evil: { "schema": schema } } },
            "responses": { evil: { "description": evil } },
            "callbacks": { evil: { evil: { "post": { "description": evil } } } },
        } } },
        "components": { "schemas": { evil: { "properties": { evil: schema } } } },
    }));
    for bad in ["<script>", "onclick=\"", "src=\"http", "href=\"http", "url(", "@import", "<style"] {
        assert!(!page.contains(bad), "{bad}");
    }
    assert_eq!(page.matches("<script").count(), 1, "its own");
}

/// The example of an operation, as text.
fn example_of(page: &str, name: &str) -> String {
    let start = format!("data-example=\"{name}\"><code>");
    let text = page.split(&start).nth(1).unwrap().split("</code>").next().unwrap();
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn an_operation_has_an_example_request_of_its_schemas() {
    let command = example_of(&document().page(), "generateQuote");
    let (head, body) = command.split_once(" <<'JSON'\n").unwrap();
    assert_eq!(
        head,
        "curl --request POST \"$APP_URL/api/generatequote\" \\\n  --header \"x-client-context: $CLIENT_CONTEXT\" \\\n  \
         --header \"Content-Type: application/json\" \\\n  --data @-"
    );
    let body: serde_json::Value = serde_json::from_str(body.strip_suffix("\nJSON").unwrap()).unwrap();
    assert_eq!(
        body,
        json!({ "opportunityId": "006xx000001a2b3", "fallback": "Up", "labels": {}, "anything": null }),
        "what is required, and what has an example"
    );
}

#[test]
fn an_example_has_parameters_credentials_and_any_text() {
    let page = render(&json!({
        "paths": { "/jobs/{job-id}/it's $HOME": { "get": {
            "operationId": "look",
            "security": [{ "token": [] }],
            "parameters": [
                { "name": "job-id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "how many", "in": "query", "required": true, "schema": { "type": "integer", "minimum": 3 } },
                { "name": "kind", "in": "query", "required": true, "schema": { "enum": ["a&b"] } },
                { "name": "other", "in": "query", "required": false, "schema": { "type": "string" } },
                { "name": "X-Key", "in": "header", "required": true, "example": "say \"$PATH\"" },
            ],
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Self" } } } },
        } } },
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "The `SECRET` one." } },
            "schemas": { "Self": { "type": "object", "required": ["at", "next", "all"], "properties": {
                "at": { "type": "string", "format": "date-time" },
                "next": { "type": "array", "items": { "allOf": [{ "$ref": "#/components/schemas/Other" }] } },
                "all": { "oneOf": [{ "type": "boolean" }, { "type": "string" }] },
            } }, "Other": { "type": "object", "required": ["n"], "properties": { "n": { "type": "number" } } } },
        },
    }));
    let command = example_of(&page, "look");
    for part in [
        "--request GET \"$APP_URL/jobs/$JOB_ID/it's \\$HOME?how%20many=3&kind=a%26b\"",
        "--header \"Authorization: Bearer $TOKEN\"",
        "--header \"X-Key: say \\\"\\$PATH\\\"\"",
        "\"next\": [\n    {\n      \"n\": 1\n    }\n  ]",
        "\"at\": \"2026-01-31T12:00:00Z\"",
        "\"all\": true",
    ] {
        assert!(command.contains(part), "{part}\n{command}");
    }
    assert!(page.contains("<code>JOB_ID</code>") && page.contains("The <code>SECRET</code> one."), "{page}");
    assert!(!page.contains("CLIENT_CONTEXT"), "nobody needs it here");
}

#[test]
fn a_schema_that_contains_itself_has_an_example_with_an_end() {
    let node = json!({ "type": "object", "required": ["child"], "properties": { "child": { "$ref": "#/components/schemas/Node" } } });
    let page = render(&json!({
        "paths": { "/": { "post": {
            "operationId": "grow",
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Node" } } } },
        } } },
        "components": { "schemas": { "Node": node } },
    }));
    assert!(example_of(&page, "grow").contains("\"child\": null"));
}

#[test]
fn code_in_texts_is_code() {
    let page = render(&json!({
        "info": { "description": "Either `a<b` or [`JobAct`]; a list [1] of `c`, and one ` alone." },
        "paths": { "/": { "get": {
            "operationId": "look",
            "responses": { "400": { "description": "`field` says what." } },
            "parameters": [{ "name": "n", "in": "query", "description": "As in `m`.", "schema": {} }],
        } } },
    }));
    for part in [
        "<p>Either <code>a&lt;b</code> or <code>JobAct</code>; a list [1] of <code>c</code>, and one ` alone.</p>",
        "<dd><code>field</code> says what.</dd>",
        "<dd>As in <code>m</code>.</dd>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}
