//! Undelete: a record comes back from the recycle bin with what was deleted with it.

use rusqlite::types::Value as Stored;

use super::ddl::quoted;
use super::tx::record_id;
use super::{Record, Tx, rules};
use crate::error::ApiError;
use crate::schema::{ObjectDef, OnDelete};

impl<'a> Tx<'a> {
    /// Restores a deleted record and those children that were deleted by the same transaction.
    ///
    /// # Errors
    /// `UNDELETE_FAILED` when the record is not in the recycle bin.
    pub fn undelete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        let object = self.object(object)?;
        let id = record_id(object, id)?;
        let deleted = self.load(object, &id)?.filter(|record| record.flag("IsDeleted")).ok_or_else(|| {
            let message = "Entity is not in the recycle bin";
            ApiError::new(400, "UNDELETE_FAILED", message).with_fields::<String>([])
        })?;
        self.restore(object, &id, &deleted)
    }

    fn restore(&mut self, object: &'a ObjectDef, id: &str, deleted: &Record<'a>) -> Result<(), ApiError> {
        self.amend(object, id, Record::default().with("IsDeleted", 0))?;
        let stamp = deleted.get("SystemModstamp").cloned().unwrap_or(Stored::Null);
        for (child, field) in self.org.schema.children_of(&object.name) {
            if field.on_delete != OnDelete::Cascade || !rules::of(&child.name).has_recycle_bin() {
                continue;
            }
            let sql = format!(
                "SELECT \"Id\" FROM {} WHERE {} = ?1 AND \"IsDeleted\" = 1 AND \"SystemModstamp\" = ?2",
                quoted(&child.name),
                quoted(&field.name)
            );
            let ids: Vec<String> =
                self.prepare(&sql)?.query_map((id, &stamp), |row| row.get(0))?.collect::<Result<_, _>>()?;
            for id in ids {
                if let Some(deleted) = self.load(child, &id)? {
                    self.restore(child, &id, &deleted)?;
                }
            }
        }
        Ok(())
    }
}
