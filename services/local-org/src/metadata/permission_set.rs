//! Permission sets (Metadata API Developer Guide, PermissionSet).

use std::path::Path;

use super::MetadataError;
use super::xml::{children, required, text, value, with_root};
use crate::schema::Schema;

pub(super) const SUFFIX: &str = ".permissionset-meta.xml";

/// A permission set as far as a local org knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSet {
    /// API name.
    pub name: String,
    /// Label.
    pub label: String,
    /// Description, if any.
    pub description: Option<String>,
    /// Whether it applies only to sessions for which it was activated.
    pub has_activation_required: bool,
    /// What it allows on single fields.
    pub field_permissions: Vec<FieldPermission>,
}

/// What a permission set allows on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPermission {
    /// API name of the object.
    pub object: String,
    /// API name of the field.
    pub field: String,
    /// Whether its values may be seen.
    pub readable: bool,
    /// Whether its values may be changed.
    pub editable: bool,
}

/// Reads a permission set. Custom fields that it names must exist.
pub(super) fn read(path: &Path, schema: &Schema) -> Result<PermissionSet, MetadataError> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    with_root(path, "PermissionSet", |node| {
        let mut field_permissions = Vec::new();
        for permission in children(node, "fieldPermissions") {
            let name = required(path, permission, "field")?;
            let Some((object, field)) = name.split_once('.') else {
                return Err(MetadataError::invalid(path, format!("field {name} is not Object.Field")));
            };
            let missing = schema.object(object).is_some_and(|object| object.field(field).is_none());
            if missing && field.ends_with("__c") {
                return Err(MetadataError::invalid(path, format!("no CustomField named {name} found")));
            }
            field_permissions.push(FieldPermission {
                object: object.to_owned(),
                field: field.to_owned(),
                readable: value(path, permission, "readable")?,
                editable: value(path, permission, "editable")?,
            });
        }
        Ok(PermissionSet {
            name: file.strip_suffix(SUFFIX).unwrap_or(file).to_owned(),
            label: required(path, node, "label")?.to_owned(),
            description: text(node, "description").map(str::to_owned),
            has_activation_required: value(path, node, "hasActivationRequired")?,
            field_permissions,
        })
    })
}
