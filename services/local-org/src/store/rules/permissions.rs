//! Permission sets, what they allow, to whom they are assigned and for which sessions they are activated.

use rusqlite::OptionalExtension;

use super::hooks::Rules;
use crate::error::ApiError;
use crate::id;
use crate::store::{Record, Tx};

pub(super) struct PermissionSet;

impl Rules for PermissionSet {
    fn before_update<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>, _changes: &mut Record<'a>) -> Result<(), ApiError> {
        not_of_a_profile(old)
    }

    fn before_delete<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>) -> Result<(), ApiError> {
        not_of_a_profile(old)
    }

    fn has_recycle_bin(&self) -> bool {
        false
    }
}

fn not_of_a_profile(set: &Record<'_>) -> Result<(), ApiError> {
    if set.flag("IsOwnedByProfile") {
        return Err(ApiError::field_integrity("Id (the permission set belongs to a profile)", "Id"));
    }
    Ok(())
}

pub(super) struct PermissionSetAssignment;

impl Rules for PermissionSetAssignment {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        if let Some(set) = tx.parent("PermissionSet", record, "PermissionSetId")? {
            not_of_a_profile(&set)?;
        }
        if find(tx, "PermissionSetAssignment", record, ["AssigneeId", "PermissionSetId"])?.is_none() {
            return Ok(());
        }
        // Scripts match the first two words.
        let (user, set) =
            (record.text("AssigneeId").unwrap_or_default(), record.text("PermissionSetId").unwrap_or_default());
        let message =
            format!("Duplicate PermissionSetAssignment. Assignee: {}, ID: {}", id::short(user), id::short(set));
        Err(ApiError::new(400, "DUPLICATE_VALUE", message).with_fields::<String>([]))
    }

    fn has_recycle_bin(&self) -> bool {
        false
    }
}

pub(super) struct SessionPermSetActivation;

impl Rules for SessionPermSetActivation {
    /// The set must be one that is activated, and be assigned to the session's user.
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let Some(session) = tx.parent("AuthSession", record, "AuthSessionId")? else { return Ok(()) };
        let Some(set) = tx.parent("PermissionSet", record, "PermissionSetId")? else { return Ok(()) };
        let (name, set_id) = (set.text("Name").unwrap_or_default(), set.text("Id").unwrap_or_default());
        let refused =
            |why: String| Err(ApiError::field_integrity(format!("PermissionSetId ({why})"), "PermissionSetId"));
        if !set.flag("HasActivationRequired") {
            return refused(format!("permission set {name} requires no session activation"));
        }
        let user = session.text("UsersId").unwrap_or_default();
        record.set("UserId", user.to_owned());
        let assignment =
            Record::default().with("AssigneeId", user.to_owned()).with("PermissionSetId", set_id.to_owned());
        if find(tx, "PermissionSetAssignment", &assignment, ["AssigneeId", "PermissionSetId"])?.is_none() {
            return refused(format!("permission set {name} is not assigned to the user of the session"));
        }
        only_once(tx, "SessionPermSetActivation", record, ["AuthSessionId", "PermissionSetId"])
    }

    fn has_recycle_bin(&self) -> bool {
        false
    }
}

pub(super) struct FieldPermissions;

impl Rules for FieldPermissions {
    /// Names take the schema's casing, because rights are looked up by them.
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let name = record.text("Field").unwrap_or_default().to_owned();
        let known = name.split_once('.').and_then(|(object, field)| {
            let object = tx.object(object).ok()?;
            Some((object.name.clone(), object.field(field)?.name.clone()))
        });
        match known {
            Some((object, field)) => {
                record.set("Field", format!("{object}.{field}"));
                record.set("SobjectType", object);
            }
            None if name.ends_with("__c") => return Err(unknown("Field", &name)),
            None => {}
        }
        if record.flag("PermissionsEdit") {
            record.set_flag("PermissionsRead", true);
        }
        only_once(tx, "FieldPermissions", record, ["ParentId", "Field"])
    }

    fn has_recycle_bin(&self) -> bool {
        false
    }
}

pub(super) struct ObjectPermissions;

impl Rules for ObjectPermissions {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let name = record.text("SobjectType").unwrap_or_default();
        if let Ok(object) = tx.object(name) {
            record.set("SobjectType", object.name.clone());
        }
        if ["PermissionsCreate", "PermissionsEdit", "PermissionsDelete"].iter().any(|right| record.flag(right)) {
            record.set_flag("PermissionsRead", true);
        }
        only_once(tx, "ObjectPermissions", record, ["ParentId", "SobjectType"])
    }

    fn has_recycle_bin(&self) -> bool {
        false
    }
}

fn unknown(field: &str, value: &str) -> ApiError {
    let message = format!("{field}: bad value for restricted picklist field: {value}");
    ApiError::new(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).with_fields([field])
}

/// Refuses a second record with the same values in both fields.
fn only_once(tx: &Tx<'_>, object: &str, record: &Record<'_>, fields: [&str; 2]) -> Result<(), ApiError> {
    match find(tx, object, record, fields)? {
        Some(other) => {
            let (field, other) = (fields.join(","), id::short(&other));
            let message = format!("duplicate value found: {field} duplicates value on record with id: {other}");
            Err(ApiError::new(400, "DUPLICATE_VALUE", message).with_fields::<String>([]))
        }
        None => Ok(()),
    }
}

fn find(tx: &Tx<'_>, object: &str, record: &Record<'_>, fields: [&str; 2]) -> Result<Option<String>, ApiError> {
    let [first, second] = fields;
    let sql = format!("SELECT \"Id\" FROM \"{object}\" WHERE \"{first}\" = ?1 AND \"{second}\" = ?2");
    let found = tx.prepare(&sql)?.query_row([record.text(first), record.text(second)], |row| row.get(0));
    Ok(found.optional()?)
}
