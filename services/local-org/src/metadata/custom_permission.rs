//! Custom permissions (Metadata API Developer Guide, CustomPermission).

use std::path::Path;

use super::error::MetadataError;
use super::xml::{required, text, with_root};

pub(super) const SUFFIX: &str = ".customPermission-meta.xml";

/// A custom permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomPermission {
    /// API name.
    pub name: String,
    /// Label.
    pub label: String,
    /// Description, if any.
    pub description: Option<String>,
}

pub(super) fn read(path: &Path) -> Result<CustomPermission, MetadataError> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    with_root(path, "CustomPermission", |node| {
        Ok(CustomPermission {
            name: file.strip_suffix(SUFFIX).unwrap_or(file).to_owned(),
            label: required(path, node, "label")?.to_owned(),
            description: text(node, "description").map(str::to_owned),
        })
    })
}
