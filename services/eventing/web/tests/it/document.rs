//! `api-docs.yaml` is what the code says.

use anyhow::Result;

#[test]
fn the_committed_document_is_the_codes() -> Result<()> {
    test_support::committed_document(env!("CARGO_MANIFEST_DIR"), eventing_web::openapi::document()?.yaml())
}
