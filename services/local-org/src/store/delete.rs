//! Delete, and what it does to the records that point to the deleted one.

use super::ddl::quoted;
use super::{Record, Tx, rules};
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef, OnDelete};

impl<'a> Tx<'a> {
    /// Removes a live record. The record itself goes first: roll-ups of its children then leave it as it was.
    pub(super) fn remove(&mut self, object: &'a ObjectDef, id: &str, old: &Record<'a>) -> Result<(), ApiError> {
        let rules = rules::of(&object.name);
        rules.before_delete(self, old)?;
        let references: Vec<(&ObjectDef, &FieldDef)> =
            self.org.schema.children_of(&object.name).filter(|(_, field)| !is_audit(field)).collect();
        for &(child, field) in references.iter().filter(|(_, field)| field.on_delete == OnDelete::Restrict) {
            if !self.ids_with(child, field, &id.to_owned().into(), 1)?.is_empty() {
                let message = format!(
                    "Your attempt to delete this {} could not be completed because it is associated with one or more \
                     records of type {}",
                    object.label, child.name
                );
                return Err(ApiError::new(400, "DELETE_FAILED", message).with_fields::<String>([]));
            }
        }
        if rules.has_recycle_bin() {
            self.amend(object, id, Record::default().with("IsDeleted", 1))?;
        } else {
            self.touch(object, id)?;
            let sql = format!("DELETE FROM {} WHERE \"Id\" = ?1", quoted(&object.name));
            self.prepare(&sql)?.execute([id])?;
            self.loaded.clear();
            self.wrote(object);
        }
        for (child, field) in references {
            match field.on_delete {
                OnDelete::Cascade => self.remove_children(child, field, id)?,
                OnDelete::SetNull => self.clear(child, field, id)?,
                OnDelete::Restrict => {}
            }
        }
        rules.after_delete(self, old)
    }

    fn remove_children(&mut self, child: &'a ObjectDef, field: &FieldDef, parent: &str) -> Result<(), ApiError> {
        for id in self.ids_with(child, field, &parent.to_owned().into(), u32::MAX)? {
            let old = self.live(child, &id)?;
            self.remove(child, &id, &old)?;
        }
        Ok(())
    }

    fn clear(&mut self, child: &'a ObjectDef, field: &FieldDef, parent: &str) -> Result<(), ApiError> {
        if self.org.bus.topics().entity(&child.name).is_some() {
            for id in self.ids_with(child, field, &parent.to_owned().into(), u32::MAX)? {
                self.touch(child, &id)?;
            }
        }
        let (table, column) = (quoted(&child.name), quoted(&field.name));
        let sql = format!("UPDATE {table} SET {column} = NULL WHERE {column} = ?1 AND \"IsDeleted\" = 0");
        let count = self.prepare(&sql)?.execute([parent])? as u64;
        if count > 0 {
            self.loaded.clear();
        }
        self.rows += count;
        Ok(())
    }
}

/// Who created or changed a record stays on it.
fn is_audit(field: &FieldDef) -> bool {
    matches!(field.name.as_str(), "CreatedById" | "LastModifiedById")
}
