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
        "<td><code>callbackUrl</code></td><td></td><td>string or null</td><td>Filled in by Salesforce.</td>",
        "<td><code>labels</code></td><td>required</td><td>map of string</td>",
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
    for bad in ["<script", "onclick=\"", "http://", "https://", "url(", "@import"] {
        assert!(!page.contains(bad), "{bad}");
    }
}
