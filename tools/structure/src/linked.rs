//! What a crate links, as `cargo tree` tells it: of this workspace, and of others.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// The crates that a crate of the workspace links, directly or through others, itself left out.
#[derive(Debug, PartialEq, Eq)]
pub struct Linked {
    /// Crates of the workspace.
    pub ours: BTreeSet<String>,
    /// Crates from elsewhere.
    pub others: BTreeSet<String>,
}

impl Linked {
    /// Asks cargo, without the network, what `package` of the workspace in `folder` links on this machine when it is built
    /// alone; its tests do not count. `options` are further ones of `cargo tree`, such as `--no-default-features`.
    ///
    /// # Errors
    /// When cargo cannot be run or does not know the package.
    pub fn of(folder: &Path, package: &str, options: &[&str]) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "cargo tells its tests by which cargo they run")]
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let output = Command::new(cargo)
            .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
            .args(["--package", package])
            .args(options)
            .current_dir(folder)
            .output()
            .context("cargo cannot be run")?;
        ensure!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        let text = String::from_utf8(output.stdout).context("cargo's answer is not text")?;
        Ok(Self::read(&text, package))
    }

    /// Reads lines such as `serde v1.0.0` and, for a crate of ours, `jobs v0.1.0 (/path/of/jobs)`.
    fn read(text: &str, package: &str) -> Self {
        let (mut ours, mut others) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines() {
            let mut words = line.split(' ');
            let Some(name) = words.next().filter(|name| !name.is_empty() && *name != package) else { continue };
            let is_ours = words.nth(1).is_some_and(|place| place.starts_with("(/"));
            if is_ours { &mut ours } else { &mut others }.insert(name.to_owned());
        }
        Self { ours, others }
    }
}

#[cfg(test)]
mod tests {
    use super::Linked;

    #[test]
    fn crates_of_ours_have_a_path() {
        let text = "jobs v0.1.0 (/w/shared/jobs)\nserde v1.0.2\nserde_derive v1.0.2 (proc-macro)\nshared v0.1.0 (/w/shared)\n\
                    serde v1.0.2 (*)\nshared v0.1.0 (/w/shared) (*)\n";
        let linked = Linked::read(text, "jobs");
        assert_eq!(linked.ours, ["shared".to_owned()].into());
        assert_eq!(linked.others, ["serde", "serde_derive"].map(str::to_owned).into());
    }
}
