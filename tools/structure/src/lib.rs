//! The files of a crate and what they import from each other, read from the source.
//!
//! An edge goes from a file to the file that *defines* what it names: a re-export (`pub use`) is followed to its end, so a
//! module that only collects names stands in nobody's way. Code behind `#[cfg(test)]` does not count. Names inside macro
//! calls are found by their tokens; what a macro's own expansion names is not seen.
//!
//! [`settings`] compares what the services read from the environment with what the documents say.

mod borders;
mod linked;
mod parse;
mod resolve;
pub mod settings;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

pub use borders::{Border, Borders, Layers, borders};
pub use linked::Linked;
pub use workspace::{report, workspace_crates};

/// What one crate's files import from each other.
#[derive(Debug)]
pub struct Imports {
    files: Vec<PathBuf>,
    edges: BTreeSet<(usize, usize)>,
    crates: BTreeSet<(usize, String)>,
}

impl Imports {
    /// Reads a crate from its root file (`src/lib.rs`) on. Files are named relative to the folder of that file.
    ///
    /// # Errors
    /// When a file cannot be read or is not Rust, or a module has no file.
    pub fn of_crate(root: &Path) -> anyhow::Result<Self> {
        let tree = parse::read(root)?;
        let (edges, crates) = (resolve::edges(&tree), resolve::crates(&tree));
        Ok(Self { files: tree.files, edges, crates })
    }

    /// Every import, importer first.
    pub fn edges(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.edges.iter().map(|&(from, to)| (self.files[from].as_path(), self.files[to].as_path()))
    }

    /// The other crates that each file names, such as `serde`.
    pub fn crates(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.crates.iter().map(|(file, name)| (self.files[*file].as_path(), name.as_str()))
    }

    /// The top-level modules, the root among them.
    #[must_use]
    pub fn rooms(&self) -> BTreeSet<&str> {
        self.files.iter().map(|file| top_level(file)).collect()
    }

    /// Files that import each other, directly or through others: each circle sorted, the largest first.
    #[must_use]
    pub fn circles(&self) -> Vec<Vec<&Path>> {
        self.circles_by(|file| self.files[file].as_path())
    }

    /// Circles among the top-level modules: all that stands under `src/http` or in `src/http.rs` is `http`.
    #[must_use]
    pub fn module_circles(&self) -> Vec<Vec<&str>> {
        self.circles_by(|file| top_level(&self.files[file]))
    }

    fn circles_by<'a, K: Ord + Copy + 'a>(&'a self, key: impl Fn(usize) -> K) -> Vec<Vec<K>> {
        let keys: Vec<K> = (0..self.files.len()).map(&key).collect::<BTreeSet<_>>().into_iter().collect();
        let number: BTreeMap<K, usize> = keys.iter().enumerate().map(|(number, &key)| (key, number)).collect();
        let graph: DiGraphMap<usize, ()> = self
            .edges
            .iter()
            .map(|&(from, to)| (number[&key(from)], number[&key(to)]))
            .filter(|(from, to)| from != to)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut circles: Vec<Vec<K>> = tarjan_scc(&graph)
            .into_iter()
            .filter(|circle| circle.len() > 1)
            .map(|circle| circle.into_iter().map(|number| keys[number]).collect::<BTreeSet<_>>().into_iter().collect())
            .collect();
        circles.sort_by_key(|circle: &Vec<K>| (usize::MAX - circle.len(), circle[0]));
        circles
    }
}

/// `http/host.rs` and `http.rs` are both `http`.
pub(crate) fn top_level(file: &Path) -> &str {
    let first = file.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
    first.strip_suffix(".rs").unwrap_or(first)
}
