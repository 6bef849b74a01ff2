//! `api-docs.yaml` is what the code says.

use anyhow::{Context, Result};
use std::path::Path;

#[test]
fn the_committed_document_is_the_codes() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("api-docs.yaml");
    let document = eventing_web::openapi::document()?;
    if std::env::var_os("UPDATE_API_DOCS").is_some() {
        std::fs::write(&path, document.yaml())?;
    }
    let committed = std::fs::read_to_string(&path).context("api-docs.yaml is missing")?;
    assert!(committed == document.yaml(), "api-docs.yaml is stale: UPDATE_API_DOCS=1 cargo test writes it anew");
    Ok(())
}
