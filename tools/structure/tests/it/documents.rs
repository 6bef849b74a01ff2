//! The tests that the tables of docs/reliability.md and docs/security.md name are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of functions, of modules (files and folders), and files, of all sources.
#[derive(Default)]
struct Names {
    functions: BTreeSet<String>,
    modules: BTreeSet<String>,
    files: Vec<String>,
}

impl Names {
    fn read(&mut self, folder: &Path) -> anyhow::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" {
                self.read(&path)?;
                self.modules.insert(name);
            } else if let Some(module) = name.strip_suffix(".rs") {
                let text = fs::read_to_string(&path)?;
                let names = text.split("fn ").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap_or_default());
                self.functions.extend(names.map(str::to_owned));
                self.modules.insert(module.to_owned());
                self.files.push(path.display().to_string());
            }
        }
        Ok(())
    }

    /// Whether there is a file that ends so, a module, or a function whose module has that name.
    fn have(&self, named: &str) -> bool {
        if named.ends_with(".rs") {
            return self.files.iter().any(|file| file.ends_with(&format!("/{named}")));
        }
        let (modules, last) = named.rsplit_once("::").unwrap_or(("", named));
        modules.split("::").filter(|module| !module.is_empty()).all(|module| self.modules.contains(module))
            && (last == "*" || self.modules.contains(last) || self.functions.iter().any(|name| is_meant(last, name)))
    }
}

/// Whether a name is that of the document, where `*` and `…` stand for any text.
fn is_meant(named: &str, name: &str) -> bool {
    let parts: Vec<&str> = named.split(['*', '…']).collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    if parts.len() == 1 { name == named } else { name.starts_with(first) && name.ends_with(last) }
}

/// What the last cells of the tables' rows quote, where it looks like a test.
fn named(page: &str) -> impl Iterator<Item = &str> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let quoted = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    quoted.filter(|word| {
        let is_name =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_:*….-/".contains(letter);
        word.chars().all(is_name) && (word.ends_with(".rs") || word.contains("::") || word.contains('_'))
    })
}

#[test]
fn the_tests_that_documents_name_are_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = Names::default();
    for folder in ["shared", "services", "tools"] {
        names.read(&top.join(folder)).expect("the sources");
    }
    for document in ["docs/reliability.md", "docs/security.md"] {
        let page = fs::read_to_string(top.join(document)).expect("a document");
        let (there, missing): (Vec<_>, Vec<_>) = named(&page).partition(|name| names.have(name));
        assert!(there.len() > 20, "{document} names {there:?}");
        assert!(missing.is_empty(), "{document} names what is not there: {missing:?}");
    }
}
