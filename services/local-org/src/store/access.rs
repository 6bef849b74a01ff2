//! Who may see and change what: the rights that a profile and permission sets give, down to single fields.
//!
//! They are read from the org's own records: a profile has a permission set of its own (`IsOwnedByProfile`), others are
//! assigned, and those that require activation count only in sessions for which they are activated. What a real org
//! decides for each standard field in the profile is the same for all here: whoever may read an object sees its standard
//! fields. A custom field is seen by those to whom a permission set gives it, and by nobody else.

mod cache;

use std::collections::HashMap;

use rusqlite::Connection;

pub(super) use self::cache::Cache;
use crate::schema::{FieldDef, ObjectDef};

/// The object whose records make a permission set count in a session.
const ACTIVATION: &str = "SessionPermSetActivation";

/// The object whose records are sessions.
const SESSION: &str = "AuthSession";

/// The object whose records are the custom permissions of whoever asks.
pub(super) const USER_ACCESS: &str = "UserSetupEntityAccess";

/// Objects whose records are the org's set-up. All users may read them, administrators may change them; there is a right
/// of its own for [`ACTIVATION`].
const SETUP: [&str; 10] = [
    SESSION,
    "FieldPermissions",
    "ObjectPermissions",
    "Organization",
    "PermissionSet",
    "PermissionSetAssignment",
    "Profile",
    ACTIVATION,
    "User",
    USER_ACCESS,
];

/// Objects without permissions of their own, and the object whose permissions they share: who may edit an Opportunity
/// may add lines to it.
const GOVERNED: [(&str, &str); 3] =
    [("OpportunityLineItem", "Opportunity"), ("PricebookEntry", "Pricebook2"), ("QuoteLineItem", "Quote")];

/// Whether the object's records are the org's set-up, on which rights depend.
pub(crate) fn is_setup(object: &ObjectDef) -> bool {
    SETUP.contains(&object.name.as_str())
}

/// Whether a field is hidden from all to whom no permission set gives it. Fields that must always be filled in are not,
/// nor are those of events.
pub(crate) fn is_protected(object: &ObjectDef, field: &FieldDef) -> bool {
    field.is_custom() && !field.is_required_on_create() && !object.is_event()
}

/// What a caller wants to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Create it.
    Create,
    /// Change its fields.
    Update,
    /// Delete it.
    Delete,
}

/// What an actor may do.
#[derive(Debug)]
pub(crate) enum Access {
    /// Everything: the org itself acts.
    System,
    /// What profile and permission sets of a user give.
    User(Rights),
}

/// The rights of a user, in one session or in none.
#[derive(Debug, Default)]
pub(crate) struct Rights {
    modify_all_data: bool,
    /// Whether permission sets may be activated for sessions and deactivated.
    manage_activations: bool,
    /// By API name.
    objects: HashMap<String, ObjectRights>,
    /// By API name of the object and of the field; whether the field may be changed.
    fields: HashMap<String, HashMap<String, bool>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct ObjectRights {
    read: bool,
    create: bool,
    edit: bool,
    delete: bool,
    view_all: bool,
}

impl Access {
    /// Whether the object exists for the actor.
    pub(crate) fn reads(&self, object: &ObjectDef) -> bool {
        match self {
            Self::System => true,
            Self::User(rights) => rights.on(object).read,
        }
    }

    /// Whether the actor sees only those records of the object that are about themselves: everyday users see their own
    /// sessions.
    pub(crate) fn sees_own_only(&self, object: &ObjectDef) -> bool {
        match self {
            Self::System => false,
            Self::User(rights) => object.name == SESSION && !rights.modify_all_data,
        }
    }

    /// Whether the actor sees all records of the object, whoever owns them.
    pub(crate) fn views_all(&self, object: &ObjectDef) -> bool {
        match self {
            Self::System => true,
            Self::User(rights) => rights.on(object).view_all,
        }
    }

    /// Whether the actor may change the org's set-up.
    pub(crate) fn administers(&self) -> bool {
        match self {
            Self::System => true,
            Self::User(rights) => rights.modify_all_data,
        }
    }

    /// Whether the actor may do that with the object's records.
    pub(crate) fn allows(&self, object: &ObjectDef, operation: Operation) -> bool {
        let Self::User(rights) = self else { return true };
        let rights = rights.on(object);
        match operation {
            Operation::Create => rights.create,
            Operation::Update => rights.edit,
            Operation::Delete => rights.delete,
        }
    }

    /// Whether the field exists for the actor.
    pub(crate) fn sees(&self, object: &ObjectDef, field: &FieldDef) -> bool {
        match self {
            Self::System => true,
            Self::User(rights) => {
                self.reads(object) && (!is_protected(object, field) || rights.field(object, field).is_some())
            }
        }
    }

    /// Whether the actor may set the field, if it can be set at all.
    pub(crate) fn edits(&self, object: &ObjectDef, field: &FieldDef) -> bool {
        match self {
            Self::System => true,
            Self::User(rights) => !is_protected(object, field) || rights.field(object, field) == Some(true),
        }
    }
}

impl Rights {
    fn on(&self, object: &ObjectDef) -> ObjectRights {
        let everything = ObjectRights { read: true, create: true, edit: true, delete: true, view_all: true };
        if self.modify_all_data {
            return everything;
        }
        let name = object.name.as_str();
        if name == ACTIVATION && self.manage_activations {
            return ObjectRights { read: true, create: true, edit: false, delete: true, view_all: true };
        }
        if SETUP.contains(&name) {
            return ObjectRights { read: true, ..ObjectRights::default() };
        }
        let of = |name: &str| self.objects.get(name).copied().unwrap_or_default();
        match GOVERNED.iter().find(|(governed, _)| *governed == name) {
            Some((_, master)) => {
                let ObjectRights { read, edit, view_all, .. } = of(master);
                ObjectRights { read, create: edit, edit, delete: edit, view_all }
            }
            None => of(name),
        }
    }

    fn field(&self, object: &ObjectDef, field: &FieldDef) -> Option<bool> {
        self.fields.get(&object.name)?.get(&field.name).copied()
    }

    /// The rights of an actor at a point in time.
    fn load(connection: &Connection, user_id: &str, session_id: Option<&str>, now: &str) -> rusqlite::Result<Self> {
        let mut rights = Self::default();
        let mut statement = connection.prepare_cached(EFFECTIVE_SETS)?;
        let sets: Vec<(String, bool, bool)> = statement
            .query_map((user_id, session_id, now), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (set, modify_all_data, manage_activations) in sets {
            rights.modify_all_data |= modify_all_data;
            rights.manage_activations |= manage_activations;
            rights.add_objects(connection, &set)?;
            rights.add_fields(connection, &set)?;
        }
        Ok(rights)
    }

    fn add_objects(&mut self, connection: &Connection, set: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "SELECT \"SobjectType\", \"PermissionsRead\", \"PermissionsCreate\", \"PermissionsEdit\", \
             \"PermissionsDelete\", \"PermissionsViewAllRecords\", \"PermissionsModifyAllRecords\" FROM \"ObjectPermissions\" WHERE \"ParentId\" = ?1",
        )?;
        let mut rows = statement.query([set])?;
        while let Some(row) = rows.next()? {
            let rights = self.objects.entry(row.get(0)?).or_default();
            rights.read |= row.get::<_, bool>(1)?;
            rights.create |= row.get::<_, bool>(2)?;
            rights.edit |= row.get::<_, bool>(3)?;
            rights.delete |= row.get::<_, bool>(4)?;
            rights.view_all |= row.get::<_, bool>(5)? || row.get::<_, bool>(6)?;
        }
        Ok(())
    }

    fn add_fields(&mut self, connection: &Connection, set: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "SELECT \"SobjectType\", \"Field\", \"PermissionsEdit\" FROM \"FieldPermissions\" \
             WHERE \"ParentId\" = ?1 AND \"PermissionsRead\" = 1",
        )?;
        let mut rows = statement.query([set])?;
        while let Some(row) = rows.next()? {
            let (object, field): (String, String) = (row.get(0)?, row.get(1)?);
            let name = field.split_once('.').map_or(field.as_str(), |(_, name)| name).to_owned();
            *self.fields.entry(object).or_default().entry(name).or_default() |= row.get::<_, bool>(2)?;
        }
        Ok(())
    }
}

/// The permission sets that count for user `?1` in session `?2`, which may be null, at time `?3`.
pub(super) const EFFECTIVE_SETS: &str = r#"
    SELECT s."Id", s."PermissionsModifyAllData", s."PermissionsManageSessionPermissionSets" FROM "PermissionSet" AS s
    WHERE s."IsOwnedByProfile" = 1 AND s."ProfileId" = (SELECT "ProfileId" FROM "User" WHERE "Id" = ?1)
    UNION ALL
    SELECT s."Id", s."PermissionsModifyAllData", s."PermissionsManageSessionPermissionSets" FROM "PermissionSet" AS s
    WHERE s."IsOwnedByProfile" = 0
    AND EXISTS (SELECT 1 FROM "PermissionSetAssignment" AS a
        WHERE a."PermissionSetId" = s."Id" AND a."AssigneeId" = ?1
        AND (a."ExpirationDate" IS NULL OR a."ExpirationDate" > ?3))
    AND (s."HasActivationRequired" = 0 OR EXISTS (SELECT 1 FROM "SessionPermSetActivation" AS v
        WHERE v."PermissionSetId" = s."Id" AND v."AuthSessionId" = ?2))"#;
