//! Undelete: a record comes back from the recycle bin with what was deleted with it.

use rusqlite::types::Value as Stored;

use super::ddl::quoted;
use super::tx::record_id;
use super::{Record, Tx, rules};
use crate::error::ApiError;
use crate::id;
use crate::schema::{ObjectDef, OnDelete};

impl<'a> Tx<'a> {
    /// Restores a deleted record and those children that were deleted by the same transaction.
    ///
    /// # Errors
    /// `UNDELETE_FAILED` when the record is not in the recycle bin or its parent is, `INVALID_TYPE_FOR_OPERATION` when
    /// records of the object cannot be restored by themselves, `DUPLICATE_VALUE` when another record has a unique value
    /// by now. Nobody has seen the first two texts on a real org.
    pub fn undelete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        let object = self.object(object)?;
        let id = record_id(object, id)?;
        let rules = rules::of(&object.name);
        if !rules.has_recycle_bin() {
            let message = format!("entity type {} does not support undelete", object.name);
            return Err(ApiError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
        }
        let deleted = self.load(object, &id)?.filter(|record| record.flag("IsDeleted"));
        let deleted = deleted.ok_or_else(|| failed("Entity is not in the recycle bin".to_owned()))?;
        for field in object.fields.iter().filter(|field| field.on_delete == OnDelete::Cascade) {
            let Some(parent_id) = deleted.text(&field.name) else { continue };
            let Some(target) = self.catalog.schema.object_by_prefix(id::prefix(parent_id)) else { continue };
            if self.load(target, parent_id)?.is_none_or(|parent| parent.flag("IsDeleted")) {
                return Err(failed(format!("{} {} is deleted", target.label, id::short(parent_id))));
            }
        }
        self.restore(object, &id, &deleted)?;
        rules.after_undelete(self, &deleted)
    }

    fn restore(&mut self, object: &'a ObjectDef, id: &str, deleted: &Record<'a>) -> Result<(), ApiError> {
        self.check_unique(object, deleted, Some(id))?;
        self.amend(object, id, Record::default().with("IsDeleted", 0))?;
        let stamp = deleted.get("SystemModstamp").cloned().unwrap_or(Stored::Null);
        for (child, field) in self.catalog.schema.children_of(&object.name) {
            if field.on_delete != OnDelete::Cascade || !rules::of(&child.name).goes_with_parent() {
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

fn failed(message: String) -> ApiError {
    ApiError::new(400, "UNDELETE_FAILED", message).with_fields::<String>([])
}
