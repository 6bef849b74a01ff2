//! Borders within a crate: rooms that others must not know, and which rooms lie above which.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::{Imports, top_level};

/// The root of a crate, which is no room.
const ROOT: &str = "lib";

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

/// The rooms of a crate from the top down. A room imports rooms of its own layer and of those below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// Folder of the crate, from the top of the workspace.
    #[serde(rename = "crate")]
    folder: String,
    /// Each layer's rooms, the uppermost layer first.
    layers: Vec<Vec<String>>,
}

/// What `borders.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Borders {
    /// What some rooms must not know.
    pub border: Vec<Border>,
    /// Which rooms lie above which.
    #[serde(default)]
    pub layered: Vec<Layers>,
}

/// Reads a table of borders.
///
/// # Errors
/// When the file cannot be read or is not such a table.
pub fn borders(file: &Path) -> anyhow::Result<Borders> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not as expected", file.display()))
}

impl Layers {
    /// The rooms, from the top down.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().flatten().map(String::as_str)
    }

    /// Imports that lead upwards in the workspace in `top`, a line each, and rooms that are in no layer or do not exist.
    ///
    /// # Errors
    /// When the crate cannot be read.
    pub fn crossings(&self, top: &Path) -> anyhow::Result<Vec<String>> {
        let imports = Imports::of_crate(&top.join(&self.folder).join("src/lib.rs"))?;
        let layer = |room: &str| self.layers.iter().position(|rooms| is_in(rooms, room));
        let rooms = imports.rooms();
        let unplaced = rooms.iter().filter(|room| **room != ROOT && layer(room).is_none());
        let unplaced = unplaced.map(|room| format!("{}: {room} is in no layer", self.folder));
        let gone = self.rooms().filter(|room| !rooms.contains(room));
        let gone = gone.map(|room| format!("{}: there is no room {room}", self.folder));
        let upwards = imports.edges().filter(|(from, to)| layer(top_level(to)) < layer(top_level(from)));
        let upwards = upwards.filter(|(from, to)| ![from, to].iter().any(|file| top_level(file) == ROOT));
        let upwards = upwards.map(|(from, to)| {
            format!("{}: {} imports {}, which lies above it", self.folder, from.display(), to.display())
        });
        Ok(unplaced.chain(gone).chain(upwards).collect())
    }
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
