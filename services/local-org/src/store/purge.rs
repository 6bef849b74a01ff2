//! Deleting for good: without the recycle bin.

use super::Tx;
use super::ddl::quoted;
use super::tx::record_id;
use crate::error::ApiError;
use crate::schema::{ObjectDef, OnDelete};

impl<'a> Tx<'a> {
    /// Deletes a record and what belongs to it for good.
    ///
    /// # Errors
    /// Those of [`Tx::delete`].
    pub(crate) fn hard_delete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        self.delete(object, id)?;
        let object = self.object(object)?;
        let id = record_id(object, id)?;
        self.purge(object, &id)
    }

    /// Removes all records that were deleted; gives their number.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn empty_recycle_bin(&mut self) -> Result<usize, ApiError> {
        let mut removed = 0;
        for object in self.catalog.schema.objects().filter(|object| !object.is_event()) {
            let sql = format!("DELETE FROM {} WHERE \"IsDeleted\" = 1", quoted(&object.name));
            removed += self.prepare(&sql)?.execute([])?;
        }
        self.loaded.clear();
        Ok(removed)
    }

    /// Removes a record that was deleted, and the children that went with it, from their tables.
    fn purge(&mut self, object: &'a ObjectDef, id: &str) -> Result<(), ApiError> {
        let children: Vec<_> = self
            .catalog
            .schema
            .children_of(&object.name)
            .filter(|(_, field)| field.on_delete == OnDelete::Cascade)
            .collect();
        for (child, field) in children {
            let (table, column) = (quoted(&child.name), quoted(&field.name));
            let sql = format!("SELECT \"Id\" FROM {table} WHERE {column} = ?1 AND \"IsDeleted\" = 1");
            let ids: Vec<String> = self.prepare(&sql)?.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for id in ids {
                self.purge(child, &id)?;
            }
        }
        let sql = format!("DELETE FROM {} WHERE \"Id\" = ?1", quoted(&object.name));
        self.prepare(&sql)?.execute([id])?;
        self.loaded.clear();
        Ok(())
    }
}
