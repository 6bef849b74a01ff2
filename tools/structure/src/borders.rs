//! Borders within a crate: rooms that others must not know.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::{Imports, top_level};

/// What some rooms (top-level modules) of a crate must not know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Border {
    /// Folder of the crate, from the top of the workspace.
    #[serde(rename = "crate")]
    folder: String,
    /// Why the border is there.
    reason: String,
    /// The rooms that are held to it; when none is named, all but [`Border::hidden`].
    #[serde(default)]
    rooms: Vec<String>,
    /// Rooms that they must not import.
    hidden: Vec<String>,
    /// Crates that they must not name.
    #[serde(default)]
    crates: Vec<String>,
}

#[derive(Deserialize)]
struct Table {
    border: Vec<Border>,
}

/// Reads a table of borders.
///
/// # Errors
/// When the file cannot be read or is not such a table.
pub fn borders(file: &Path) -> anyhow::Result<Vec<Border>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("{} is not as expected", file.display()))?;
    Ok(table.border)
}

impl Border {
    /// What crosses the border in the workspace in `top`, a line each; none when it is kept.
    ///
    /// # Errors
    /// When the crate cannot be read, or the border names a room that the crate does not have.
    pub fn crossings(&self, top: &Path) -> anyhow::Result<Vec<String>> {
        let imports = Imports::of_crate(&top.join(&self.folder).join("src/lib.rs"))?;
        let rooms = imports.rooms();
        for named in self.rooms.iter().chain(&self.hidden) {
            ensure!(rooms.contains(named.as_str()), "{} has no room {named}", self.folder);
        }
        let is_held = |file: &Path| {
            let room = top_level(file);
            if self.rooms.is_empty() { !is_in(&self.hidden, room) } else { is_in(&self.rooms, room) }
        };
        let into_hidden = imports.edges().filter(|(from, to)| is_held(from) && is_in(&self.hidden, top_level(to)));
        let of_crates = imports.crates().filter(|(from, name)| is_held(from) && is_in(&self.crates, name));
        let line = |from: &Path, what: String| format!("{}: {} {what} ({})", self.folder, from.display(), self.reason);
        let into_hidden = into_hidden.map(|(from, to)| line(from, format!("imports {}", to.display())));
        Ok(into_hidden.chain(of_crates.map(|(from, name)| line(from, format!("names the crate {name}")))).collect())
    }
}

fn is_in(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other == name)
}
