//! Sessions as records: `AuthSession` and the permission sets that are activated for one.

use super::ddl::quoted;
use super::{Org, Record, Tx};
use crate::error::ApiError;

/// How long a session lives without a call, in seconds, as the record tells it; a local org does not end it by itself.
const SECONDS_VALID: i64 = 7_200;

impl Org {
    /// Begins a session of the user with these permission sets activated, and gives the record's id.
    ///
    /// # Errors
    /// 400 when a permission set does not exist, requires no activation or is not assigned to the user.
    pub fn open_session(&self, user_id: &str, permission_sets: &[String]) -> Result<String, ApiError> {
        self.transaction(&self.admin(), |tx| {
            let session = tx.insert(
                tx.object("AuthSession")?,
                Record::default()
                    .with("UsersId", user_id.to_owned())
                    .with("UserType", "Standard".to_owned())
                    .with("LoginType", "Application".to_owned())
                    .with("SessionType", "API".to_owned())
                    .with("SessionSecurityLevel", "STANDARD".to_owned())
                    .with("SourceIp", "127.0.0.1".to_owned())
                    .with("NumSecondsValid", SECONDS_VALID),
            )?;
            for name in permission_sets {
                let set = tx.permission_set(name)?.ok_or_else(|| no_such_set(name))?;
                let activation = Record::default().with("AuthSessionId", session.clone()).with("PermissionSetId", set);
                tx.insert(tx.object("SessionPermSetActivation")?, activation)?;
            }
            Ok(session)
        })
    }

    /// Ends a session; its activations end with it.
    ///
    /// # Errors
    /// When the database fails; a session that is gone is none.
    pub fn close_session(&self, id: &str) -> Result<(), ApiError> {
        self.transaction(&self.admin(), |tx| {
            let object = tx.object("AuthSession")?;
            match tx.load(object, id)? {
                Some(session) => tx.remove(object, id, &session),
                None => Ok(()),
            }
        })
    }

    /// Ends the activations of a session, which goes on without them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn end_activations(&self, session: &str) -> Result<(), ApiError> {
        self.transaction(&self.admin(), |tx| {
            tx.prepare("DELETE FROM \"SessionPermSetActivation\" WHERE \"AuthSessionId\" = ?1")?.execute([session])?;
            tx.access_changed = true;
            Ok(())
        })
    }

    /// Whether the permission set of that API name is assigned to the user.
    ///
    /// # Errors
    /// 400 when there is no such permission set.
    pub fn is_assigned(&self, user_id: &str, permission_set: &str) -> Result<bool, ApiError> {
        self.transaction(&self.admin(), |tx| {
            let set = tx.permission_set(permission_set)?.ok_or_else(|| no_such_set(permission_set))?;
            let sql = "SELECT count(*) FROM \"PermissionSetAssignment\" WHERE \"PermissionSetId\" = ?1 \
                       AND \"AssigneeId\" = ?2 AND (\"ExpirationDate\" IS NULL OR \"ExpirationDate\" > ?3)";
            let count = tx.prepare(sql)?.query_row([&set, user_id, &tx.stamp], |row| row.get::<_, i64>(0))?;
            Ok(count > 0)
        })
    }

    /// Ends all sessions.
    ///
    /// # Errors
    /// When the database fails.
    pub fn close_sessions(&self) -> Result<(), ApiError> {
        self.transaction(&self.admin(), |tx| {
            for object in ["SessionPermSetActivation", "AuthSession"] {
                tx.prepare(&format!("DELETE FROM {}", quoted(object)))?.execute([])?;
            }
            tx.access_changed = true;
            Ok(())
        })
    }
}

impl Tx<'_> {
    /// The id of the permission set of that API name.
    pub(crate) fn permission_set(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let object = self.object("PermissionSet")?;
        let Some(field) = object.field("Name") else { return Ok(None) };
        Ok(self.ids_with(object, field, &name.to_owned().into(), 1)?.pop())
    }

    /// Makes `AuthSession.IsCurrent` true for the actor's session alone. The field depends on who asks, so it is written
    /// before each query that can see it; transactions exclude each other.
    pub(super) fn mark_current_session(&self) -> Result<(), ApiError> {
        let sql = "UPDATE \"AuthSession\" SET \"IsCurrent\" = (\"Id\" IS ?1)";
        self.prepare(sql)?.execute([self.actor.session_id()])?;
        Ok(())
    }
}

fn no_such_set(name: &str) -> ApiError {
    ApiError::new(400, "INVALID_CROSS_REFERENCE_KEY", format!("There is no permission set {name}"))
        .with_fields(["PermissionSetId"])
}
