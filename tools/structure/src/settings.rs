//! The settings that the services read, and what the documents say of them.
//!
//! What is read is found in the source: names that are handed to a call in a file which names `Reader` or `Settings`, as
//! text or as a constant, and the tables of doc comments (`| variable | default | meaning |`). Where a name is put together
//! at run time (`{prefix}_API_URL`), such a table is what counts.

mod documents;
mod setting;
mod source;

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::Context;

pub use documents::Documents;
pub use setting::{Setting, Settings};

/// What the sources of a workspace read: `shared` and the services, local-org left out, whose options `--help` lists.
///
/// # Errors
/// When a file cannot be read or is not Rust.
pub fn of_workspace(top: &Path) -> anyhow::Result<Settings> {
    let mut folders = Vec::new();
    for root in crate::workspace_crates(top)? {
        let folder = root.parent().context("a root file without a folder")?;
        let name = folder.strip_prefix(top).unwrap_or(folder);
        if !["shared/test-support", "services/local-org", "tools"].iter().any(|other| name.starts_with(other)) {
            folders.push(folder.to_owned());
        }
    }
    let mut settings = Settings::new();
    source::read_crates(top, &folders, &mut settings)?;
    Ok(settings)
}

/// What is wrong with the documents of a workspace, a line each.
///
/// # Errors
/// When a source or a document cannot be read.
pub fn problems(top: &Path) -> anyhow::Result<Vec<String>> {
    Ok(Documents::read(top)?.problems(&of_workspace(top)?))
}
