//! One broken document per rule.

use serde_json::{Value, json};

use super::lint;

/// A document that passes: one operation with a callback, one agent action.
fn good() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "x-sfdc": { "agent": { "topic": {
            "name": "quote_generation", "classificationDescription": "c", "scope": "s", "instructions": ["i"],
        } } },
        "paths": {
            "/jobs/{id}": { "get": {
                "operationId": "getJob",
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": { "200": { "description": "d", "content": { "text/plain": { "schema": { "type": "string" } } } } },
            } },
            "/quotes": { "post": {
                "operationId": "generateQuote",
                "description": "Use this action to make a quote.",
                "x-sfdc": {
                    "heroku": { "authorization": { "connectedApp": "App", "permissionSet": "Permissions" } },
                    "agent": { "action": { "publishAsAgentAction": true, "isUserInput": true } },
                },
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/In" } } } },
                "responses": { "200": { "description": "d", "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Out" },
                } } } },
            } },
            "/later": { "post": {
                "operationId": "generateQuoteLater",
                "x-sfdc": { "heroku": { "authorization": { "connectedApp": "App", "permissionSet": "Permissions" } } },
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Later" } } } },
                "responses": { "202": { "description": "d" } },
                "callbacks": { "done": { "{$request.body#/callbackUrl}": { "post": {
                    "operationId": "doneCallback",
                    "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } },
                    "responses": { "200": { "description": "d" } },
                } } } },
            } },
        },
        "components": { "schemas": {
            "In": { "type": "object", "properties": { "opportunityId": { "type": "string", "description": "d" } } },
            "Later": { "type": "object", "properties": { "callbackUrl": { "type": "string" } } },
            "Out": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "quoteId": { "type": "string", "description": "d", "example": { "$ref": "data" } } },
                "x-sfdc": { "agent": { "action": { "isDisplayable": true } } },
            },
        } },
    })
}

const GET: &str = "/paths/~1jobs~1{id}/get";
const POST: &str = "/paths/~1quotes/post";
const LATER: &str = "/paths/~1later/post";
const CALLBACK: &str = "/paths/~1later/post/callbacks/done/{$request.body#~1callbackUrl}";

#[test]
fn a_good_document_has_no_findings() {
    assert_eq!(lint(&good()), Vec::<String>::new());
}

#[test]
fn a_document_without_agents_needs_no_topic() {
    let mut document = good();
    document.as_object_mut().unwrap().remove("x-sfdc");
    set(&mut document, &format!("{POST}/x-sfdc"), Value::Null);
    assert_eq!(lint(&document), Vec::<String>::new());
}

/// Replaces what is at `pointer`; a last key that is not there yet is added, `Value::Null` removes it.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Object(object) if value.is_null() => {
            object.remove(&key);
        }
        Value::Object(object) => {
            object.insert(key, value);
        }
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other} has no {key}"),
    }
}

/// Changes the good document at `pointer` and expects one finding at `place` that contains `message`.
#[track_caller]
fn finds(pointer: &str, value: Value, place: &str, message: &str) {
    let mut document = good();
    set(&mut document, pointer, value);
    let findings = lint(&document);
    let is_it = |line: &String| line.starts_with(place) && line.contains(message);
    assert!(findings.iter().any(is_it), "{message} at {place}: {findings:#?}");
}

#[test]
fn version() {
    finds("/openapi", json!("3.1.0"), "/openapi: ", "3.0.3");
    finds("/openapi", Value::Null, "/openapi: ", "3.0.3");
}

#[test]
fn operation_ids() {
    let id = format!("{GET}/operationId");
    finds(&id, Value::Null, GET, "operationId is missing");
    for wrong in ["get-job", "a__b", "1st", "end_", "größe"] {
        finds(&id, json!(wrong), GET, "no Apex identifier");
    }
    finds(&format!("{POST}/operationId"), json!("GETJOB"), POST, "is taken by /paths/~1jobs~1{id}/get");
    finds(&format!("{CALLBACK}/post/operationId"), json!("getJob"), CALLBACK, "is taken by");
}

#[test]
fn methods_and_bodies() {
    let operation = json!({ "operationId": "extra", "responses": { "200": { "description": "d" } } });
    finds("/paths/~1quotes/head", operation, "/paths/~1quotes/head: ", "method head is not supported");
    finds(&format!("{GET}/requestBody"), json!({ "content": {} }), GET, "GET operation takes no request body");
    let content = json!({ "text/event-stream": {} });
    finds(&format!("{GET}/responses/200/content"), content, GET, "media type is not supported");
    finds(&format!("{POST}/requestBody/content"), json!({ "*/*": {} }), POST, "media type is not supported");
    finds(&format!("{GET}/responses"), json!({}), GET, "needs a response");
    let headers = json!({ "h": {} });
    finds(&format!("{GET}/responses/200/headers"), headers, GET, "response headers are not supported");
}

#[test]
fn parameters() {
    let parameter = format!("{GET}/parameters/0");
    finds(&format!("{parameter}/name"), Value::Null, &parameter, "needs a name");
    finds(&format!("{parameter}/name"), json!(""), &parameter, "needs a name");
    finds(&format!("{parameter}/in"), json!("cookie"), &parameter, "path, query or header");
    finds(&format!("{parameter}/required"), json!(false), &parameter, "must be required");
    finds(&format!("{GET}/parameters"), json!([]), GET, "names {id}");
    let twice = good().pointer(&parameter).unwrap().clone();
    let twice = json!([twice.clone(), twice]);
    finds(&format!("{GET}/parameters"), twice, &format!("{GET}/parameters/1: "), "two path parameters id");
}

#[test]
fn title_version_and_size() {
    finds("/info/title", Value::Null, "/info: ", "title is missing");
    finds("/info/version", json!(""), "/info: ", "version is missing");
    finds("/info/description", json!("x".repeat(3_000_000)), ": ", "more than the 3000000");
}

#[test]
fn names_that_apex_takes_for_one() {
    let schemas = "/components/schemas";
    finds(&format!("{schemas}/OUT"), json!({}), &format!("{schemas}/OUT: "), "OUT and Out are the same name");
    let properties = format!("{schemas}/Later/properties");
    finds(&format!("{properties}/callbackURL"), json!({}), &format!("{properties}/callbackURL: "), "same name in Apex");
}

#[test]
fn shared_parameters_count() {
    let mut document = good();
    let parameters = document.pointer_mut(&format!("{GET}/parameters")).unwrap().take();
    set(&mut document, &format!("{GET}/parameters"), Value::Null);
    set(&mut document, "/paths/~1jobs~1{id}/parameters", parameters);
    assert_eq!(lint(&document), Vec::<String>::new());
}

#[test]
fn callbacks() {
    let operation = json!({ "operationId": "extra", "responses": { "200": { "description": "d" } } });
    finds(&format!("{CALLBACK}/put"), operation.clone(), CALLBACK, "exactly one operation");
    finds(
        CALLBACK,
        json!({ "get": operation }),
        &format!("{CALLBACK}/get"),
        "method get is not supported, only post, put",
    );
    finds("/components/schemas/Later/properties", json!({}), CALLBACK, "no property callbackUrl");
    finds("/components/schemas/Later/properties/callbackUrl/type", json!("integer"), CALLBACK, "must be a string");
    finds(&format!("{CALLBACK}/post/operationId"), Value::Null, CALLBACK, "operationId is missing");
    let item = good().pointer(CALLBACK).unwrap().clone();
    let other = json!({ "{$request.body#/callbackUrl}": item });
    finds(
        &format!("{LATER}/callbacks/not-Apex"),
        other.clone(),
        &format!("{LATER}/callbacks/not-Apex: "),
        "no Apex identifier",
    );
    finds(&format!("{LATER}/callbacks/DONE"), other, &format!("{LATER}/callbacks/DONE: "), "same name in Apex");
    let callbacks = format!("{LATER}/callbacks/done");
    finds(&callbacks, json!({ "{$request.query.url}": item }), &callbacks, "no query parameter url");
    finds(&callbacks, json!({ "http://example.com": item }), &callbacks, "a callback expression is");
}

#[test]
fn references() {
    let at = "/components/schemas/Later/properties/other";
    finds(at, json!({ "$ref": "#/components/schemas/Gone" }), at, "leads nowhere");
    finds(at, json!({ "$ref": "other.yaml#/In" }), at, "outside of this file");
    let mut circle = good();
    set(&mut circle, at, json!({ "$ref": "#/components/schemas/Later/properties/other" }));
    assert_eq!(lint(&circle), Vec::<String>::new());
}

#[test]
fn leftovers_of_3_1() {
    let at = "/components/schemas/Later/properties/other";
    finds(at, json!({ "type": ["string", "null"] }), at, "type is one name");
    finds(at, json!({ "allOf": [{ "items": { "const": 1 } }] }), &format!("{at}/allOf/0/items: "), "no const");
    finds(at, json!({ "exclusiveMinimum": 1 }), at, "exclusive bounds");
    let content = json!({ "application/json": { "schema": { "type": "null" } } });
    finds(&format!("{GET}/responses/200/content"), content, GET, "type is one name");
}

#[test]
fn authorization() {
    let at = format!("{POST}/x-sfdc/heroku/authorization");
    finds(&at, json!({ "permissionSet": "Permissions" }), POST, "needs connectedApp");
    finds(&format!("{at}/externalClientApp"), json!("Client"), POST, "write one");
    for (key, value) in
        [("connectedApp", json!("Other")), ("permissionSet", json!("Other")), ("permissionSet", Value::Null)]
    {
        finds(&format!("{at}/{key}"), value, LATER, "differs from that of /paths/~1quotes/post");
    }
}

#[test]
fn agent_topic() {
    const TOPIC: &str = "/x-sfdc/agent/topic";
    for key in ["name", "classificationDescription", "scope"] {
        finds(&format!("{TOPIC}/{key}"), Value::Null, TOPIC, &format!("{key} is missing"));
        finds(&format!("{TOPIC}/{key}"), json!(" "), TOPIC, &format!("{key} is missing"));
    }
    for wrong in [Value::Null, json!([]), json!("text"), json!([""])] {
        finds(&format!("{TOPIC}/instructions"), wrong, TOPIC, "list of sentences");
    }
    for wrong in ["1 topic", "topic name two__consecutive", "a-b", "end_"] {
        finds(&format!("{TOPIC}/name"), json!(wrong), TOPIC, "begins with a letter");
    }
    finds("/x-sfdc", Value::Null, TOPIC, "name is missing");
    finds(&format!("{POST}/x-sfdc/agent"), Value::Null, TOPIC, "a topic needs an action");
}

#[test]
fn agent_actions() {
    let out = "/components/schemas/Out";
    finds(&format!("{POST}/description"), json!("Short."), POST, "needs a description");
    finds(&format!("{POST}/x-sfdc/agent/action/isUserInput"), Value::Null, POST, "isUserInput is missing");
    finds(&format!("{out}/x-sfdc"), Value::Null, POST, "isDisplayable is missing");
    finds(&format!("{POST}/responses/201"), json!({ "description": "d" }), POST, "only the lowest 2xx");
    finds(&format!("{POST}/responses"), json!({ "404": { "description": "d" } }), POST, "needs a 2xx response");
    finds(
        &format!("{out}/additionalProperties"),
        Value::Null,
        "#/components/schemas/Out: ",
        "additionalProperties: false",
    );
    let callbacks = good().pointer(&format!("{LATER}/callbacks")).unwrap().clone();
    finds(&format!("{POST}/callbacks"), callbacks, POST, "for Apex only");
    finds("/components/schemas/In/properties/opportunityId/description", Value::Null, POST, "property opportunityId");
    finds(&format!("{out}/properties/quoteId/description"), Value::Null, POST, "property quoteId");
    let nested = json!({ "type": "array", "items": { "type": "object" } });
    finds(&format!("{out}/properties/lines"), nested, "#/components/schemas/Out: ", "additionalProperties: false");
}

#[test]
fn nonsense_is_survived() {
    for nonsense in [json!(null), json!([]), json!("text"), json!({ "paths": [1], "components": { "schemas": 1 } })] {
        assert!(!lint(&nonsense).is_empty());
    }
}
