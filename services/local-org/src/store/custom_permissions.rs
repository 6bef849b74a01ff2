//! `UserSetupEntityAccess`: the custom permissions of whoever asks (Object Reference). Its records depend on the running
//! user, so they are written before each query that can see them; transactions exclude each other.

use super::Tx;
use super::access::EFFECTIVE_SETS;
use crate::error::ApiError;
use crate::id;

/// Start of the ids of its records, of which a real org tells nothing.
const PREFIX: &str = "0AU";

impl Tx<'_> {
    /// Makes `UserSetupEntityAccess` what the actor holds now, in the actor's session.
    pub(super) fn list_custom_permissions(&self) -> Result<(), ApiError> {
        self.prepare("DELETE FROM \"UserSetupEntityAccess\"")?.execute([])?;
        let sql = format!(
            "SELECT DISTINCT p.\"Id\", p.\"DeveloperName\" FROM \"SetupEntityAccess\" AS a \
             JOIN \"CustomPermission\" AS p ON p.\"Id\" = a.\"SetupEntityId\" \
             WHERE a.\"ParentId\" IN (SELECT e.\"Id\" FROM ({EFFECTIVE_SETS}) AS e) ORDER BY p.\"DeveloperName\""
        );
        let held: Vec<(String, String)> = self
            .prepare(&sql)?
            .query_map((&self.actor.user_id, self.actor.session_id(), &self.stamp), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        let mut insert = self.prepare(
            "INSERT INTO \"UserSetupEntityAccess\" (\"Id\", \"IsDeleted\", \"DeveloperName\", \"SetupEntityId\", \"KeyPrefix\", \
             \"LastCacheUpdate\") VALUES (?1, 0, ?2, ?3, ?4, ?5)",
        )?;
        for (number, (permission, name)) in (1..).zip(held) {
            let prefix = permission.get(..3).unwrap_or_default();
            insert.execute((id::generate(PREFIX, number), &name, &permission, prefix, &self.stamp))?;
        }
        Ok(())
    }
}
