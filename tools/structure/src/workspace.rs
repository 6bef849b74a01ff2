//! The crates of a workspace, and a report on one that can be kept in a file and compared.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use serde::Deserialize;

use crate::Imports;

#[derive(Deserialize)]
struct Manifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    members: Vec<String>,
}

/// Root files (`src/lib.rs`) of the members of the workspace in `folder` that have one, in the order of `Cargo.toml`.
///
/// # Errors
/// When `Cargo.toml` cannot be read.
pub fn workspace_crates(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).with_context(|| format!("failed to read {}", manifest.display()))?;
    let manifest: Manifest =
        toml::from_str(&text).with_context(|| format!("{} is not as expected", manifest.display()))?;
    let roots = manifest.workspace.members.iter().map(|member| folder.join(member).join("src/lib.rs"));
    Ok(roots.filter(|root| root.is_file()).collect())
}

/// The circles of a crate, a line for each file; nothing when it has none.
///
/// # Errors
/// When the crate cannot be read.
pub fn report(root: &Path) -> anyhow::Result<String> {
    let imports = Imports::of_crate(root)?;
    let name = root.parent().and_then(Path::parent).unwrap_or(root);
    let name = name.strip_prefix(".").unwrap_or(name).display();
    let mut text = String::new();
    for circle in imports.module_circles() {
        writeln!(text, "{name}: modules that import each other: {}", circle.join(", "))?;
    }
    for circle in imports.circles() {
        writeln!(text, "{name}: {} files that import each other:", circle.len())?;
        for file in circle {
            writeln!(text, "    {}", file.display())?;
        }
    }
    Ok(text)
}
