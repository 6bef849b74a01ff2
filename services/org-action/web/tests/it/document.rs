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
