//! A document that is written from the code and committed.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The variable that writes the document anew.
const UPDATE: &str = "UPDATE_API_DOCS";

/// Fails unless `api-docs.yaml` in `folder` holds `text`, byte by byte. With `UPDATE_API_DOCS` set, writes it first.
///
/// # Errors
/// When the file cannot be read or written, or holds something else.
#[expect(clippy::disallowed_methods, reason = "a switch for developers, and no setting")]
pub fn committed_document(folder: &str, text: &str) -> Result<()> {
    let path = Path::new(folder).join("api-docs.yaml");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let committed = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(committed == text, "{} is stale: {UPDATE}=1 cargo test --workspace --test it -- document", path.display());
    Ok(())
}
