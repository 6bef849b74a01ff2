//! Permission sets (Metadata API Developer Guide, PermissionSet).

use std::path::Path;

use roxmltree::Node;

use super::custom_permission::CustomPermission;
use super::error::MetadataError;
use super::source::Source;
use super::xml::{children, required, text, value, with_root};
use crate::schema::Schema;

/// A permission set as far as a local org knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSet {
    /// API name.
    pub name: String,
    /// What the setup pages call it.
    pub label: String,
    /// Description, if any.
    pub description: Option<String>,
    /// Whether it applies only to sessions for which it was activated.
    pub has_activation_required: bool,
    /// What it allows on single fields.
    pub field_permissions: Vec<FieldPermission>,
    /// What it allows on whole objects.
    pub object_permissions: Vec<ObjectPermission>,
    /// API names of the custom permissions that it grants.
    pub custom_permissions: Vec<String>,
    /// Whether it allows to change all records of all objects (`ModifyAllData`).
    pub modify_all_data: bool,
    /// Whether it allows to activate permission sets for sessions (`ManageSessionPermissionSets`).
    pub manage_session_permission_sets: bool,
}

/// What a permission set allows on an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectPermission {
    /// API name of the object.
    pub object: String,
    /// Whether records may be read.
    pub read: bool,
    /// Whether records may be created.
    pub create: bool,
    /// Whether records may be changed.
    pub edit: bool,
    /// Whether records may be deleted.
    pub delete: bool,
    /// Whether all records may be read, whoever owns them; a local org has no sharing, so this only implies `read`.
    pub view_all: bool,
    /// Whether all records may be changed, whoever owns them.
    pub modify_all: bool,
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

/// Reads a permission set. Custom fields and custom permissions that it names must exist.
pub(super) fn read(
    source: &Source,
    schema: &Schema,
    known: &[CustomPermission],
) -> Result<PermissionSet, MetadataError> {
    let path = source.path.as_path();
    with_root(source, "PermissionSet", |node| {
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
        let object_permissions =
            children(node, "objectPermissions").map(|permission| object_permission(path, permission));
        let mut custom_permissions = Vec::new();
        for permission in children(node, "customPermissions") {
            let name = required(path, permission, "name")?;
            if !known.iter().any(|known| known.name == name) {
                return Err(MetadataError::invalid(path, format!("no CustomPermission named {name} found")));
            }
            if value::<bool>(path, permission, "enabled")? {
                custom_permissions.push(name.to_owned());
            }
        }
        let mut user_permissions = Vec::new();
        for permission in children(node, "userPermissions") {
            if value::<bool>(path, permission, "enabled")? {
                user_permissions.push(required(path, permission, "name")?);
            }
        }
        Ok(PermissionSet {
            name: source.name.clone(),
            label: required(path, node, "label")?.to_owned(),
            description: text(node, "description").map(str::to_owned),
            has_activation_required: value(path, node, "hasActivationRequired")?,
            field_permissions,
            object_permissions: object_permissions.collect::<Result<_, _>>()?,
            custom_permissions,
            modify_all_data: user_permissions.contains(&"ModifyAllData"),
            manage_session_permission_sets: user_permissions.contains(&"ManageSessionPermissionSets"),
        })
    })
}

fn object_permission(path: &Path, node: Node<'_, '_>) -> Result<ObjectPermission, MetadataError> {
    let allowed = |name| value::<bool>(path, node, name);
    Ok(ObjectPermission {
        object: required(path, node, "object")?.to_owned(),
        read: allowed("allowRead")?,
        create: allowed("allowCreate")?,
        edit: allowed("allowEdit")?,
        delete: allowed("allowDelete")?,
        view_all: allowed("viewAllRecords")?,
        modify_all: allowed("modifyAllRecords")?,
    })
}
