//! `api-docs.yaml` is what the code says, and what External Services takes.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use test_support::openapi_lint::lint;

#[test]
fn the_committed_document_is_the_codes() -> Result<()> {
    let document = org_job_web::openapi::document()?;
    test_support::committed_document(env!("CARGO_MANIFEST_DIR"), document.yaml())
}

#[test]
fn salesforce_would_take_the_document() -> Result<()> {
    assert_eq!(lint(org_job_web::openapi::document()?.value()), Vec::<String>::new());
    Ok(())
}

/// Work that goes on after the answer is done in the session of the call: without the permission set, AppLink hands over one
/// that may not write.
#[test]
fn operations_that_keep_the_session_activate_the_permission_set_and_no_others() -> Result<()> {
    let document = org_job_web::openapi::document()?;
    let paths = document.value()["paths"].as_object().context("no paths")?;
    let operations = paths.values().filter_map(Value::as_object).flat_map(serde_json::Map::values);
    let mut authorized = Vec::new();
    for operation in operations.filter(|operation| operation.get("x-sfdc").is_some()) {
        let id = operation["operationId"].as_str().context("no operationId")?;
        let expected =
            json!({ "externalClientApp": "GenerateQuoteJobClientApp", "permissionSet": "GenerateQuoteJobPermissions" });
        assert_eq!(operation["x-sfdc"], json!({ "heroku": { "authorization": expected } }), "{id}");
        authorized.push(id);
    }
    authorized.sort_unstable();
    assert_eq!(authorized, ["datacreate", "datadelete", "executeBatch", "resumeJob", "retryJob"]);
    Ok(())
}

/// The names by which Apex and Flows written for Heroku's sample call the service.
#[test]
fn code_written_for_herokus_sample_finds_its_names() -> Result<()> {
    let document = org_job_web::openapi::document()?;
    let document = document.value();
    for (path, id) in [("/api/data/create", "datacreate"), ("/api/data/delete", "datadelete")] {
        let operation = &document["paths"][path]["post"];
        assert_eq!(operation["operationId"], id);
        // With a parameter, even an optional one, the generated method takes a request.
        assert_eq!((operation.get("parameters"), operation.get("requestBody")), (None, None), "{operation}");
        let answer = &operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(answer, "#/components/schemas/DataJobResponse");
    }
    for schema in ["BatchExecutionResponse", "DataJobResponse"] {
        let job_id = &document["components"]["schemas"][schema]["properties"]["jobId"];
        assert_eq!((&job_id["type"], &job_id["format"]), (&json!("string"), &json!("uuid")), "{schema}");
    }
    assert_eq!(document["components"]["schemas"]["JobView"]["properties"]["id"]["format"], "uuid");
    Ok(())
}
