//! Permission sets of a deployed project.

use serde_json::{Map, json};

use super::insert;
use crate::error::ApiError;
use crate::metadata::{CustomPermission, PermissionSet};
use crate::store::{Org, Record, Tx};

/// Makes the permission sets of a project records of the org, those of the same name being brought up to date, and
/// assigns them: all to the administrator, those that require activation also to the other users, who hold their
/// permissions then only in sessions for which someone activates them.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub fn deploy(org: &Org, permission_sets: &[PermissionSet]) -> Result<(), ApiError> {
    org.transaction(&org.admin(), |tx| {
        for set in permission_sets {
            let id = write(tx, set)?;
            assign(tx, org, &id, set.has_activation_required)?;
        }
        Ok(())
    })
}

/// Makes permission sets records of the org, or brings them up to date, and assigns them to nobody, as a deploy does.
pub(crate) fn write_permission_sets(tx: &mut Tx<'_>, sets: &[PermissionSet]) -> Result<(), ApiError> {
    sets.iter().try_for_each(|set| write(tx, set).map(drop))
}

/// Makes the custom permissions of a project records of the org, those of the same name being brought up to date.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub fn deploy_custom_permissions(org: &Org, permissions: &[CustomPermission]) -> Result<(), ApiError> {
    org.transaction(&org.admin(), |tx| write_custom_permissions(tx, permissions))
}

/// The same within a transaction.
pub(crate) fn write_custom_permissions(tx: &mut Tx<'_>, permissions: &[CustomPermission]) -> Result<(), ApiError> {
    for permission in permissions {
        let fields = json!({ "MasterLabel": permission.label, "Description": permission.description });
        let fields = fields.as_object().cloned().unwrap_or_default();
        match custom_permission(tx, &permission.name)? {
            Some(id) => tx.update("CustomPermission", &id, &fields)?,
            None => {
                let record = Record::default()
                    .with("DeveloperName", permission.name.clone())
                    .with("MasterLabel", permission.label.clone())
                    .with("Description", permission.description.clone().unwrap_or_default());
                insert(tx, "CustomPermission", record)?;
            }
        }
    }
    Ok(())
}

/// Deletes the permission set, or the custom permission, of that API name; false when there is none.
pub(crate) fn delete_setup(tx: &mut Tx<'_>, object: &str, name: &str) -> Result<bool, ApiError> {
    let found = match object {
        "PermissionSet" => tx.permission_set(name)?,
        _ => custom_permission(tx, name)?,
    };
    match found {
        Some(id) => tx.delete(object, &id).map(|()| true),
        None => Ok(false),
    }
}

/// The id of a custom permission. Its name has letters, digits and underscores only.
fn custom_permission(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, ApiError> {
    tx.first_id("CustomPermission", &format!("\"DeveloperName\" = '{}'", name.replace('\'', "''")))
}

/// Makes a permission set of that API name, if there is none, and assigns it to all users. Tells whether it is new.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub(crate) fn permission_set_for_all(org: &Org, name: &str, description: &str) -> Result<bool, ApiError> {
    org.transaction(&org.admin(), |tx| {
        let known = tx.permission_set(name)?;
        let is_new = known.is_none();
        let id = match known {
            Some(id) => id,
            None => {
                let set = Record::default()
                    .with("Name", name.to_owned())
                    .with("Label", name.to_owned())
                    .with("Description", description.to_owned());
                insert(tx, "PermissionSet", set)?
            }
        };
        assign(tx, org, &id, true)?;
        Ok(is_new)
    })
}

/// Deletes the permission set of that API name with its assignments.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub(crate) fn remove_permission_set(org: &Org, name: &str) -> Result<(), ApiError> {
    org.transaction(&org.admin(), |tx| match tx.permission_set(name)? {
        Some(id) => tx.delete("PermissionSet", &id),
        None => Ok(()),
    })
}

fn write(tx: &mut Tx<'_>, set: &PermissionSet) -> Result<String, ApiError> {
    let fields = json!({
        "Label": set.label,
        "Description": set.description,
        "HasActivationRequired": set.has_activation_required,
        "PermissionsModifyAllData": set.modify_all_data,
        "PermissionsManageSessionPermissionSets": set.manage_session_permission_sets,
    });
    let id = tx.upsert("PermissionSet", "Name", &set.name, fields.as_object().unwrap_or(&Map::new()))?.id;
    // A deploy replaces what the set allowed before.
    for object in ["FieldPermissions", "ObjectPermissions", "SetupEntityAccess"] {
        while let Some(old) = tx.first_id(object, &format!("\"ParentId\" = '{id}'"))? {
            tx.delete(object, &old)?;
        }
    }
    for permission in &set.field_permissions {
        let record = Record::default()
            .with("ParentId", id.clone())
            .with("SobjectType", permission.object.clone())
            .with("Field", format!("{}.{}", permission.object, permission.field))
            .with("PermissionsRead", i64::from(permission.readable))
            .with("PermissionsEdit", i64::from(permission.editable));
        insert(tx, "FieldPermissions", record)?;
    }
    for permission in &set.object_permissions {
        let record = Record::default()
            .with("ParentId", id.clone())
            .with("SobjectType", permission.object.clone())
            .with("PermissionsRead", i64::from(permission.read))
            .with("PermissionsCreate", i64::from(permission.create))
            .with("PermissionsEdit", i64::from(permission.edit))
            .with("PermissionsDelete", i64::from(permission.delete))
            .with("PermissionsViewAllRecords", i64::from(permission.view_all))
            .with("PermissionsModifyAllRecords", i64::from(permission.modify_all));
        insert(tx, "ObjectPermissions", record)?;
    }
    for name in &set.custom_permissions {
        let permission = custom_permission(tx, name)?.ok_or_else(|| ApiError::invalid_cross_reference(400))?;
        let record = Record::default()
            .with("ParentId", id.clone())
            .with("SetupEntityId", permission)
            .with("SetupEntityType", "CustomPermission".to_owned());
        insert(tx, "SetupEntityAccess", record)?;
    }
    Ok(id)
}

/// Assigns a permission set to the administrator and, when it is for `everyone`, to all users; who has it keeps it.
fn assign(tx: &mut Tx<'_>, org: &Org, set: &str, everyone: bool) -> Result<(), ApiError> {
    let users = match everyone {
        true => tx.ids("User", "\"IsActive\" = 1")?,
        false => vec![org.admin().user_id],
    };
    for user in users {
        let own = format!("\"PermissionSetId\" = '{set}' AND \"AssigneeId\" = '{user}'");
        if tx.first_id("PermissionSetAssignment", &own)?.is_none() {
            let assignment = Record::default().with("PermissionSetId", set.to_owned()).with("AssigneeId", user);
            insert(tx, "PermissionSetAssignment", assignment)?;
        }
    }
    Ok(())
}
