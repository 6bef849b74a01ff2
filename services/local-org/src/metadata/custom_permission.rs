//! Custom permissions (Metadata API Developer Guide, CustomPermission).

use super::error::MetadataError;
use super::source::Source;
use super::xml::{required, text, with_root};

/// A custom permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomPermission {
    /// API name.
    pub name: String,
    /// What the setup pages call it.
    pub label: String,
    /// Description, if any.
    pub description: Option<String>,
}

pub(super) fn read(source: &Source) -> Result<CustomPermission, MetadataError> {
    let path = source.path.as_path();
    with_root(source, "CustomPermission", |node| {
        Ok(CustomPermission {
            name: source.name.clone(),
            label: required(path, node, "label")?.to_owned(),
            description: text(node, "description").map(str::to_owned),
        })
    })
}
