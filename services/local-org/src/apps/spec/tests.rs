use serde_json::{Value, json};

use super::{Location, Media, Place, read};

/// A document with an asynchronous operation, an agent action and a path parameter.
fn good() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Quotes", "version": "1.0.0"},
        "x-sfdc": {"agent": {"topic": {"name": "generate_quotes", "classificationDescription": "Quotes", "scope": "Make them",
            "instructions": ["If asked, do"]}}},
        "paths": {
            "/api/quotes": {"post": {
                "operationId": "makeQuote",
                "x-sfdc": {"agent": {"action": {"publishAsAgentAction": true}},
                    "heroku": {"authorization": {"connectedApp": "App", "permissionSet": "Set"}}},
                "requestBody": {"required": true, "content": {"application/json": {"schema":
                    {"$ref": "#/components/schemas/Request"}}}},
                "responses": {"202": {"description": "Accepted"}},
                "callbacks": {"done": {"{$request.body#/callbackUrl}": {"post": {
                    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "responses": {"200": {"description": "Taken"}}}}}}}},
            "/api/jobs/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "get": {"operationId": "getJob", "parameters": [{"name": "full", "in": "query", "schema": {"type": "boolean"}}],
                    "responses": {"200": {"description": "The job", "content":
                        {"application/json; charset=utf-8": {"schema": {"type": "object"}}}}}}}
        },
        "components": {"schemas": {"Request": {"type": "object", "required": ["id"], "properties":
            {"id": {"type": "string", "nullable": true}, "callbackUrl": {"type": "string"}}}}}
    })
}

/// The problems of the document with another value at a JSON pointer; null takes the member away.
fn problems(pointer: &str, value: Value) -> Vec<String> {
    let mut document = good();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("the parent").as_object_mut().expect("an object");
    let name = name.replace("~1", "/");
    match value {
        Value::Null => parent.remove(&name).map(drop).expect("the member"),
        value => drop(parent.insert(name, value)),
    }
    match read(&document.to_string()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn reads_operations() {
    let spec = read(&good().to_string()).expect("a good document");
    assert_eq!(spec.title, "Quotes");
    let [make, get] = spec.operations.as_slice() else { panic!("two operations: {:?}", spec.operations) };
    assert_eq!((make.id.as_str(), make.method.as_str(), make.path.as_str()), ("makeQuote", "POST", "/api/quotes"));
    assert_eq!((make.permission_set.as_deref(), make.agent_action), (Some("Set"), true));
    let body = make.body.as_ref().expect("a body");
    assert_eq!((body.media, body.required), (Media::Json, true));
    let callback = make.callback.as_ref().expect("a callback");
    assert_eq!((&callback.place, callback.method.as_str()), (&Place::Body("/callbackUrl".to_owned()), "POST"));
    let parameters: Vec<_> = get.parameters.iter().map(|one| (one.name.as_str(), one.location, one.required)).collect();
    assert_eq!(parameters, [("id", Location::Path, true), ("full", Location::Query, false)]);
    assert!(get.callback.is_none() && get.body.is_none() && get.permission_set.is_none());
}

#[test]
fn reads_yaml_with_unquoted_status_codes() {
    let text = "openapi: 3.0.0\ninfo: {title: t}\npaths:\n  /a:\n    get:\n      operationId: a\n      responses:\n        200: {description: ok}\n";
    assert_eq!(read(text).expect("a good document").operations.len(), 1);
    for (text, expected) in [
        ("a: [", "specification: is not YAML"),
        ("{", "specification: is not JSON"),
        ("only text", "specification: is not an OpenAPI document"),
        ("? [a]\n: b", "specification: has a key that is no text"),
    ] {
        let found = read(text).expect_err("not a document")[0].to_string();
        assert!(found.starts_with(expected), "{found}");
    }
    let large = format!("# {}", "x".repeat(3_000_001));
    assert!(read(&large).expect_err("too large")[0].message.contains("3000000 bytes"));
}

/// The documents of those services that Salesforce calls, which are marked for it, could be published.
#[test]
fn reads_the_documents_of_this_repository() {
    let services = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut count = 0;
    for service in std::fs::read_dir(services).expect("the services").map(|entry| entry.expect("an entry").path()) {
        let Ok(text) = std::fs::read_to_string(service.join("web/api-docs.yaml")) else { continue };
        if !text.contains("x-sfdc:") {
            continue;
        }
        let spec = read(&text);
        assert!(spec.is_ok(), "{}: {:?}", service.display(), spec.err());
        count += 1;
    }
    assert!(count >= 2, "org-action and org-job are called by Salesforce");
}

#[test]
fn refuses_what_external_services_refuse() {
    let post = "/paths/~1api~1quotes/post";
    let get = "/paths/~1api~1jobs~1{id}/get";
    let json_of = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
    let at = |base: &str, path: &str| format!("{base}{path}");
    for (pointer, value, expected) in [
        ("/openapi".to_owned(), json!("3.1.0"), "openapi: is 3.1.0; External Services read 3.0"),
        ("/openapi".to_owned(), json!(3.0), "openapi: is not a text"),
        ("/openapi".to_owned(), Value::Null, "openapi: is missing"),
        ("/info/title".to_owned(), Value::Null, "info.title: is missing"),
        ("/paths".to_owned(), json!({}), "paths: has no operation"),
        ("/paths".to_owned(), Value::Null, "paths: is missing"),
        (at(post, "/operationId"), Value::Null, "POST /api/quotes: has no operationId"),
        (
            at(post, "/operationId"),
            json!("getJob"),
            "GET /api/jobs/{id}: operationId getJob becomes the same Apex name",
        ),
        (
            at(post, "/operationId"),
            json!("GETJOB"),
            "operationId getJob becomes the same Apex name as that of POST /api/quotes",
        ),
        (at(post, "/operationId"), json!("1st"), "POST /api/quotes: operationId 1st cannot become"),
        (at(get, "/requestBody"), json_of(json!({})), "GET /api/jobs/{id}: a GET must not have a request body"),
        (at(get, "/responses"), Value::Null, "GET /api/jobs/{id}: has no responses"),
        (at(get, "/responses"), json!({"404": {"description": "none"}}), "has no response for success"),
        (at(get, "/responses/2000"), json!({"description": "?"}), "response 2000 is not an HTTP status"),
        (at(get, "/responses/200/description"), Value::Null, "response 200 has no description"),
        (
            at(get, "/responses/200/content"),
            json!({"application/xml": {"schema": {}}}),
            "response 200 is application/xml",
        ),
        (at(get, "/parameters"), json!([{"in": "query", "schema": {}}]), "a parameter has no name"),
        (at(get, "/parameters"), json!([{"name": "a", "in": "cookie", "schema": {}}]), "parameter a is in cookie"),
        (at(get, "/parameters"), json!([{"name": "a", "in": "query"}]), "parameter a has no schema"),
        (
            at(get, "/parameters"),
            json!([{"name": "a", "in": "path", "required": true, "schema": {}}]),
            "parameter a is not in the path",
        ),
        ("/paths/~1api~1jobs~1{id}/parameters".to_owned(), json!([]), "{id} of the path is not declared"),
        ("/paths/~1api~1jobs~1{id}/head".to_owned(), json!({}), "HEAD /api/jobs/{id}: External Services call"),
        (
            at(post, "/requestBody/content"),
            json!({"multipart/form-data": {"schema": {}}}),
            "the request body is multipart/form-data",
        ),
        (at(post, "/requestBody/content"), json!({}), "the request body has no content"),
        (
            at(post, "/requestBody/content/application~1json"),
            json!({}),
            "the request body (application/json) has no schema",
        ),
        (at(post, "/x-sfdc/heroku/authorization/permissionSet"), json!(1), "permissionSet is not a name"),
        (
            "/components/schemas/Request/type".to_owned(),
            json!(["object", "null"]),
            "components.schemas.Request: type is a list",
        ),
        (
            "/components/schemas/Request/properties/id".to_owned(),
            json!({"const": 1}),
            "components.schemas.Request.id: const is not",
        ),
        (
            "/components/schemas/Request/properties/id".to_owned(),
            json!({"type": "array"}),
            "Request.id: an array needs items",
        ),
        (
            "/components/schemas/Request/properties/id".to_owned(),
            json!({"exclusiveMinimum": 1}),
            "exclusiveMinimum is a number",
        ),
        (
            "/components/schemas/Request/properties/id".to_owned(),
            json!({"$ref": "#/nowhere"}),
            "id: $ref #/nowhere leads to nothing",
        ),
        (
            "/components/schemas/Request/properties/id".to_owned(),
            json!({"$ref": "other.yaml#/a"}),
            "$ref other.yaml#/a leads to nothing",
        ),
        (
            "/components/schemas/Request/properties/callbackUrl".to_owned(),
            Value::Null,
            "the request body has no property /callbackUrl",
        ),
        ("/x-sfdc/agent/topic".to_owned(), Value::Null, "POST /api/quotes: is published as an agent action, but"),
        ("/x-sfdc/agent/topic/scope".to_owned(), Value::Null, "x-sfdc.agent.topic: scope is missing"),
        ("/x-sfdc/agent/topic/name".to_owned(), json!("1 two__three"), "name '1 two__three' is not valid"),
        (at(post, "/x-sfdc/agent"), Value::Null, "no operation has publishAsAgentAction: true"),
    ] {
        let found = problems(&pointer, value.clone());
        assert!(found.iter().any(|found| found.contains(expected)), "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn refuses_callbacks_that_cannot_be_issued() {
    let inner = json!({"requestBody": {"content": {"application/json": {"schema": {}}}}, "responses": {}});
    for (callbacks, expected) in [
        (json!({"a": {"{$request.body#/callbackUrl}": {"post": inner}}, "b": {}}), "has several callbacks"),
        (json!({"a": {}}), "callback a has no expression"),
        (json!({"a": {"{$request.header.x}": {"post": inner}}}), "{$request.header.x} is not an expression"),
        (json!({"a": {"{$request.body}": {"post": inner}}}), "{$request.body} is not an expression"),
        (json!({"a": {"{$request.query.callbackUrl}": {"post": inner}}}), "has no query parameter callbackUrl"),
        (json!({"a": {"{$request.body#/callbackUrl}": {"get": inner}}}), "callback a is GET"),
        (json!({"a": {"{$request.body#/callbackUrl}": {"post": inner, "put": inner}}}), "has several operations"),
        (json!({"a": {"{$request.body#/callbackUrl}": {}}}), "callback a has no operation"),
        (
            json!({"a": {"{$request.body#/callbackUrl}": {"post": {"requestBody": {"content":
            {"text/plain": {"schema": {}}}}}}}}),
            "a callback is posted as application/json",
        ),
    ] {
        let found = problems("/paths/~1api~1quotes/post/callbacks", callbacks.clone());
        assert!(found.iter().any(|found| found.contains(expected)), "{callbacks}: {found:?}");
        assert!(found.iter().all(|found| found.starts_with("POST /api/quotes")), "{found:?}");
    }
    assert_eq!(problems("/paths/~1api~1quotes/post/callbacks", json!({})), [""; 0]);
}
