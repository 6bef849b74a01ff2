//! The document end to end: from utoipa's macros to YAML that other tools take.

mod downgrade;
mod page;

use serde_json::{Value, json};
use test_support::openapi_lint::lint;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{ObjectBuilder, Ref};
use utoipa::{Modify, OpenApi, ToSchema};

use super::{Document, UnknownOperation, add_callback, sfdc};

/// A request with what utoipa turns into OpenAPI 3.1.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct GenerateQuote {
    /// The Opportunity to quote.
    #[schema(examples("006xx000001a2b3", "006xx000001a2b4"))]
    opportunity_id: String,
    /// Filled in by Salesforce.
    callback_url: Option<String>,
    /// How to round.
    rounding: Option<Rounding>,
    /// A reference with a description.
    fallback: Rounding,
    /// By name.
    labels: std::collections::BTreeMap<String, String>,
    /// At least one.
    #[schema(exclusive_minimum = 0)]
    lines: Option<u32>,
    /// Of any type.
    anything: serde_json::Value,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
enum Rounding {
    Up,
    Down,
}

/// The answer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Quote {
    /// Id of the new Quote.
    quote_id: String,
}

/// Creates a Quote for one Opportunity.
///
/// Use this action when the user asks for a quote.
#[utoipa::path(
    post, path = "/api/generatequote", operation_id = "generateQuote",
    request_body(content = GenerateQuote, content_type = "application/json"),
    responses((status = 200, description = "The Quote.", body = Quote, content_type = "application/json")),
    extensions(("x-sfdc" = json!(sfdc::agent_action("QuoteApp", "QuotePermissions"))), ("x-another" = json!(1)))
)]
#[expect(dead_code, reason = "only its path is used")]
fn generate_quote() {}

/// The same with a callback.
#[utoipa::path(
    post, path = "/api/generatequoteasync", operation_id = "generateQuoteAsync",
    request_body(content = GenerateQuote, content_type = "application/json"),
    responses((status = 202, description = "Accepted.")),
    extensions(("x-sfdc" = json!(sfdc::authorization("QuoteApp", "QuotePermissions"))))
)]
#[expect(dead_code, reason = "only its path is used")]
fn generate_quote_async() {}

struct Callback;

impl Modify for Callback {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let topic = sfdc::AgentTopic {
            name: "quote_generation",
            classification_description: "Anything about quotes.",
            scope: "Your job is to make quotes.",
            instructions: &["Ask for the Opportunity."],
        };
        sfdc::set_agent_topic(api, &topic);
        sfdc::set_agent_input(api, "GenerateQuote").unwrap();
        sfdc::set_agent_output(api, "Quote").unwrap();
        add_callback(api, "generateQuoteAsync", "quoteGenerated", callback_operation()).unwrap();
    }
}

fn callback_operation() -> utoipa::openapi::path::Operation {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Quote"))).build();
    OperationBuilder::new()
        .operation_id(Some("quoteGeneratedCallback"))
        .description(Some("The Quote is there."))
        .request_body(Some(RequestBodyBuilder::new().content("application/json", body).build()))
        .response("200", ResponseBuilder::new().description("Received."))
        .build()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Test", version = "1.0", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(generate_quote, generate_quote_async),
    modifiers(&Callback)
)]
struct Api;

fn document() -> Document {
    Document::new(&Api::openapi()).unwrap()
}

#[test]
fn every_operation_says_how_it_refuses() {
    let document = document();
    let responses = &document.value()["paths"]["/api/generatequote"]["post"]["responses"];
    let statuses: Vec<_> = responses.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["200", "400", "401", "413", "415", "503"]);
    for status in &statuses[1..] {
        let schema = &responses[*status]["content"]["application/json"]["schema"];
        assert_eq!(schema["$ref"], "#/components/schemas/ErrorAnswer", "{status}");
    }
    let schemas = &document.value()["components"]["schemas"];
    assert_eq!(schemas["ErrorAnswer"]["properties"]["error"]["allOf"][0]["$ref"], "#/components/schemas/ErrorDetails");
    assert!(schemas["ErrorDetails"]["properties"]["code"].is_object());
}

#[test]
fn other_tools_read_it_as_openapi_3_0() {
    let document = document();
    let parsed: openapiv3::OpenAPI = serde_json::from_value(document.value().clone()).unwrap();
    assert_eq!(parsed.openapi, "3.0.3");
    assert_eq!(parsed.operations().count(), 2);
    let from_yaml: Value = yaml_serde::from_str(document.yaml()).unwrap();
    assert_eq!(&from_yaml, document.value());
}

#[test]
fn salesforce_takes_it() {
    assert_eq!(lint(document().value()), Vec::<String>::new());
}

#[test]
fn the_text_is_the_same_every_time() {
    let first = document();
    assert!((0..20).all(|_| document().yaml() == first.yaml()));
}

#[test]
fn schemas_of_the_macro_come_out_as_3_0() {
    let document = document();
    let schema = &document.value()["components"]["schemas"]["GenerateQuote"];
    let expected = json!({
        "opportunityId": { "type": "string", "description": "The Opportunity to quote.", "example": "006xx000001a2b3" },
        "callbackUrl": { "type": "string", "nullable": true, "description": "Filled in by Salesforce." },
        "rounding": { "allOf": [{ "$ref": "#/components/schemas/Rounding" }], "description": "How to round." },
        "fallback": { "allOf": [{ "$ref": "#/components/schemas/Rounding" }], "description": "A reference with a description." },
        "labels": { "type": "object", "description": "By name.", "additionalProperties": { "type": "string" } },
        "lines": { "type": "integer", "format": "int32", "description": "At least one.", "nullable": true, "minimum": 0, "exclusiveMinimum": true },
        "anything": { "description": "Of any type." },
    });
    assert_eq!(schema["properties"], expected);
}

#[test]
fn callbacks_and_extensions_are_there() {
    let document = document();
    let later = &document.value()["paths"]["/api/generatequoteasync"]["post"];
    let callback = &later["callbacks"]["quoteGenerated"]["{$request.body#/callbackUrl}"]["post"];
    assert_eq!(callback["operationId"], "quoteGeneratedCallback");
    let operation = &document.value()["paths"]["/api/generatequote"]["post"];
    let permission_set = &operation["x-sfdc"]["heroku"]["authorization"]["permissionSet"];
    assert_eq!(permission_set, "QuotePermissions");
    assert_eq!(operation["x-sfdc"]["heroku"]["authorization"]["externalClientApp"], "QuoteApp");
    assert!(operation.get("tags").is_none());
    assert_eq!(document.value()["x-sfdc"]["agent"]["topic"]["name"], "quote_generation");
    let quote = &document.value()["components"]["schemas"]["Quote"];
    assert_eq!(quote["x-sfdc"]["agent"]["action"]["isDisplayable"], true);
    assert_eq!(quote["additionalProperties"], false);
    assert!(document.value()["info"]["license"].get("identifier").is_none());
}

#[test]
fn a_callback_needs_its_operation() {
    let result = add_callback(&mut Api::openapi(), "noSuch", "done", callback_operation());
    assert_eq!(result, Err(UnknownOperation("noSuch".to_owned())));
}

#[test]
fn only_schemas_of_objects_can_be_marked() {
    let api = &mut Api::openapi();
    assert_eq!(sfdc::set_agent_output(api, "Rounding"), Ok(())); // an enum is an object to utoipa
    assert_eq!(sfdc::set_agent_output(api, "NoSuch"), Err(sfdc::UnknownSchema("NoSuch".to_owned())));
}

#[test]
fn a_document_that_fits_no_3_0_is_refused_with_the_place() {
    let mut api = Api::openapi();
    let two_types = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([
            utoipa::openapi::Type::String,
            utoipa::openapi::Type::Integer,
        ]))
        .build();
    api.components.as_mut().unwrap().schemas.insert("Two/Types".to_owned(), two_types.into());
    let error = Document::new(&api).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "/components/schemas/Two~1Types: OpenAPI 3.0 wants exactly one type besides null");
}

#[test]
fn one_authorization_is_written_to_many_operations() {
    let mut api = Api::openapi();
    sfdc::set_authorization(&mut api, &["generateQuoteAsync"], "OtherApp", "OtherPermissions").unwrap();
    let document = Document::new(&api).unwrap();
    let paths = &document.value()["paths"];
    let written = &paths["/api/generatequoteasync"]["post"]["x-sfdc"];
    assert_eq!(written, &sfdc::authorization("OtherApp", "OtherPermissions"));
    let other = &paths["/api/generatequote"]["post"]["x-sfdc"]["heroku"]["authorization"]["externalClientApp"];
    assert_eq!(other, "QuoteApp");
    let unknown = sfdc::set_authorization(&mut api, &["generateQuote", "nothing"], "App", "Permissions");
    assert_eq!(unknown.unwrap_err().to_string(), "no operation has the id nothing");
}
