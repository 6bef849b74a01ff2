//! Delete, and what it does to the records that point to the deleted one.

use std::collections::HashSet;
use std::rc::Rc;

use super::ddl::quoted;
use super::{Record, Tx, rules};
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef, OnDelete};

/// A record that is to be deleted.
struct Doomed<'a> {
    object: &'a ObjectDef,
    id: String,
    old: Rc<Record<'a>>,
}

/// A record and all that is deleted with it, parents before their children.
#[derive(Default)]
struct Cascade<'a> {
    doomed: Vec<Doomed<'a>>,
    ids: HashSet<String>,
}

impl<'a> Tx<'a> {
    /// Removes a live record and what belongs to it. All of it goes before anything follows from it, so that records
    /// that go together keep what they say of each other, and roll-ups leave them as they were.
    pub(super) fn remove(&mut self, object: &'a ObjectDef, id: &str, old: &Rc<Record<'a>>) -> Result<(), ApiError> {
        let mut cascade = Cascade::default();
        self.doom(&mut cascade, object, id, old)?;
        for (place, Doomed { object, id, .. }) in cascade.doomed.iter().enumerate() {
            let rules = rules::of(&object.name);
            let stays = if place == 0 { rules.has_recycle_bin() } else { rules.goes_with_parent() };
            self.discard(object, id, stays)?;
        }
        for Doomed { object, id, .. } in &cascade.doomed {
            for (child, field) in self.references_to(object).filter(|(_, field)| field.on_delete == OnDelete::SetNull) {
                self.clear(child, field, id)?;
            }
        }
        for Doomed { object, old, .. } in cascade.doomed.iter().rev() {
            rules::of(&object.name).after_delete(self, old)?;
        }
        Ok(())
    }

    /// Adds a record and what belongs to it, unless something forbids to delete it.
    fn doom(
        &mut self,
        cascade: &mut Cascade<'a>,
        object: &'a ObjectDef,
        id: &str,
        old: &Rc<Record<'a>>,
    ) -> Result<(), ApiError> {
        rules::of(&object.name).before_delete(self, old)?;
        for (child, field) in self.references_to(object).filter(|(_, field)| field.on_delete == OnDelete::Restrict) {
            if !self.ids_with(child, field, &id.to_owned().into(), 1)?.is_empty() {
                let message = format!(
                    "Your attempt to delete this {} could not be completed because it is associated with one or more \
                     records of type {}",
                    object.label, child.name
                );
                return Err(ApiError::new(400, "DELETE_FAILED", message).with_fields::<String>([]));
            }
        }
        cascade.ids.insert(id.to_owned());
        cascade.doomed.push(Doomed { object, id: id.to_owned(), old: Rc::clone(old) });
        for (child, field) in self.references_to(object).filter(|(_, field)| field.on_delete == OnDelete::Cascade) {
            for id in self.ids_with(child, field, &id.to_owned().into(), u32::MAX)? {
                if !cascade.ids.contains(&id) {
                    let old = self.live(child, &id)?;
                    self.doom(cascade, child, &id, &old)?;
                }
            }
        }
        Ok(())
    }

    /// Puts a record into the recycle bin, or drops it.
    fn discard(&mut self, object: &'a ObjectDef, id: &str, stays: bool) -> Result<(), ApiError> {
        if stays {
            return self.amend(object, id, Record::default().with("IsDeleted", 1));
        }
        self.touch(object, id)?;
        let sql = format!("DELETE FROM {} WHERE \"Id\" = ?1", quoted(&object.name));
        self.prepare(&sql)?.execute([id])?;
        self.loaded.clear();
        self.wrote(object);
        Ok(())
    }

    /// The references by which records of others belong to those of this object, or only point to them.
    fn references_to(&self, object: &'a ObjectDef) -> impl Iterator<Item = (&'a ObjectDef, &'a FieldDef)> + use<'a> {
        let catalog = self.catalog;
        catalog.schema.children_of(&object.name).filter(|(_, field)| !is_audit(field))
    }

    fn clear(&mut self, child: &'a ObjectDef, field: &'a FieldDef, parent: &str) -> Result<(), ApiError> {
        if self.catalog.captures(&child.name) {
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
