//! `api-docs.yaml` is what the code says, and what External Services takes.

use anyhow::Result;
use test_support::openapi_lint::lint;

#[test]
fn the_committed_document_is_the_codes() -> Result<()> {
    let document = org_action_web::openapi::document()?;
    test_support::committed_document(env!("CARGO_MANIFEST_DIR"), document.yaml())
}

#[test]
fn salesforce_would_take_the_document() -> Result<()> {
    assert_eq!(lint(org_action_web::openapi::document()?.value()), Vec::<String>::new());
    Ok(())
}

/// The names by which Apex and Flows written for Heroku's sample call the service.
#[test]
fn code_written_for_herokus_sample_finds_its_names() -> Result<()> {
    let document = org_action_web::openapi::document()?;
    let operation = &document.value()["paths"]["/api/generatequote"]["post"];
    let schema = |content: &serde_json::Value| content["content"]["application/json"]["schema"]["$ref"].clone();
    assert_eq!(operation["operationId"], "generateQuote");
    assert_eq!(schema(&operation["requestBody"]), "#/components/schemas/QuoteGenerationRequest");
    assert_eq!(schema(&operation["responses"]["200"]), "#/components/schemas/QuoteGenerationResponse");
    let schemas = &document.value()["components"]["schemas"];
    for (name, field) in [("QuoteGenerationRequest", "opportunityId"), ("QuoteGenerationResponse", "quoteId")] {
        assert_eq!(schemas[name]["properties"][field]["type"], "string", "{name}");
    }
    Ok(())
}
