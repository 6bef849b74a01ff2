//! Where the workspace and its built binaries are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The root of this workspace, as it was when this crate was compiled.
///
/// # Errors
/// When that folder is gone.
pub fn workspace_root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().with_context(|| format!("cannot find the workspace at {}", root.display()))
}

/// The binary `name` of this workspace, built with the profile and into the target directory of the running program.
///
/// `cargo test` builds only the binaries of the package under test, so the others must have been built before.
///
/// # Errors
/// When it has not been built.
pub fn binary(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where the running program is")?;
    let path = profile_dir(&program).join(name);
    if !path.is_file() {
        bail!("{} does not exist; run `cargo build --workspace --bins` first", path.display());
    }
    Ok(path)
}

/// The example `name` of any crate of this workspace, built as [`binary`] says.
///
/// # Errors
/// When it has not been built.
pub fn example(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where the running program is")?;
    let path = profile_dir(&program).join("examples").join(name);
    if !path.is_file() {
        bail!("{} does not exist; run `cargo build --workspace --examples` first", path.display());
    }
    Ok(path)
}

/// `target/debug` for `target/debug/demo` as for the test `target/debug/deps/it-0123`.
fn profile_dir(program: &Path) -> &Path {
    let dir = program.parent().unwrap_or(program);
    match dir.file_name().and_then(|name| name.to_str()) {
        Some("deps" | "examples") => dir.parent().unwrap_or(dir),
        _ => dir,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_binaries_agree_on_the_directory() {
        for program in ["/t/debug/demo", "/t/debug/deps/it-0123", "/t/debug/examples/x"] {
            assert_eq!(profile_dir(Path::new(program)), Path::new("/t/debug"), "{program}");
        }
    }

    #[test]
    fn a_missing_binary_says_what_to_run() {
        let message = binary("no-such-service").unwrap_err().to_string();
        assert!(message.ends_with("run `cargo build --workspace --bins` first"), "{message}");
    }

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        let manifest = std::fs::read_to_string(workspace_root().unwrap().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}
