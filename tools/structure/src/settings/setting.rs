//! What is known of settings, and how their names look.

use std::collections::{BTreeMap, BTreeSet};

/// One setting, from all places that read it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Setting {
    /// A file that reads it, for messages.
    pub file: String,
    /// Its defaults as one word each, from the code (where it stands there as a literal; `required` for a setting without
    /// which a process does not start) and from doc comments. Services may have different ones.
    pub defaults: BTreeSet<String>,
}

/// All settings by name.
pub type Settings = BTreeMap<String, Setting>;

/// Whether the text could be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.len() > 3
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A cell of a table without its backticks.
pub(super) fn plain(cell: &str) -> String {
    cell.replace('`', "").trim().to_owned()
}
