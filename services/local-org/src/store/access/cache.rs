//! Keeps what actors may do until something changes that it depends on.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::{Access, Rights};
use crate::store::{Acting, Actor};

/// Rights by user and session.
#[derive(Debug, Default)]
pub(in crate::store) struct Cache {
    known: HashMap<(String, Option<String>), Known>,
}

#[derive(Debug)]
struct Known {
    access: Arc<Access>,
    /// When an assignment of the user ends, as it is stored.
    until: Option<String>,
}

impl Cache {
    /// What the actor may do now (a stored timestamp).
    pub(in crate::store) fn of(
        &mut self,
        connection: &Connection,
        actor: &Actor,
        now: &str,
    ) -> rusqlite::Result<Arc<Access>> {
        let session_id = match &actor.acting {
            Acting::System => return Ok(Arc::new(Access::System)),
            Acting::User => None,
            Acting::Session(id) => Some(id.as_str()),
        };
        let key = (actor.user_id.clone(), session_id.map(str::to_owned));
        if let Some(known) = self.known.get(&key)
            && known.until.as_deref().is_none_or(|until| now < until)
        {
            return Ok(Arc::clone(&known.access));
        }
        let access = Arc::new(Access::User(Rights::load(connection, &actor.user_id, session_id, now)?));
        let until = connection
            .prepare_cached(
                "SELECT min(\"ExpirationDate\") FROM \"PermissionSetAssignment\" \
                 WHERE \"AssigneeId\" = ?1 AND \"ExpirationDate\" > ?2",
            )?
            .query_row([actor.user_id.as_str(), now], |row| row.get(0))?;
        self.known.insert(key, Known { access: Arc::clone(&access), until });
        Ok(access)
    }

    /// Forgets all.
    pub(in crate::store) fn clear(&mut self) {
        self.known.clear();
    }
}
