//! Checks that hold for every object.

use rusqlite::types::Value as Stored;

use super::{Record, Tx};
use crate::error::ApiError;
use crate::id;
use crate::schema::{FieldDef, FieldType, ObjectDef};

impl<'a> Tx<'a> {
    /// Every reference that is given must be to a live record.
    pub(super) fn check_references(&mut self, object: &ObjectDef, record: &Record<'_>) -> Result<(), ApiError> {
        for field in object.fields.iter().filter(|field| field.kind == FieldType::Reference) {
            let Some(id) = record.text(&field.name) else { continue };
            let Some(target) = self.catalog.schema.object_by_prefix(id::prefix(id)) else { continue };
            // The record and not only its flag: rules look at parents, and the next record may have the same one.
            self.rows += 1;
            match self.peek(target, id)?.map(|parent| parent.flag("IsDeleted")) {
                Some(false) => {}
                Some(true) => return Err(ApiError { status: 400, ..ApiError::entity_is_deleted() }),
                None => return Err(ApiError::invalid_cross_reference(400).with_fields([&field.name])),
            }
        }
        Ok(())
    }

    /// No other live record may have the same value in a unique field. Transactions exclude each other, so what is free
    /// now is free when it is written.
    pub(super) fn check_unique(
        &mut self,
        object: &ObjectDef,
        record: &Record<'_>,
        own_id: Option<&str>,
    ) -> Result<(), ApiError> {
        for (field, sharing) in object.fields.iter().zip(&self.sql(object)?.sharing).filter(|(field, _)| field.unique) {
            let Some(value) = record.get(&field.name).filter(|value| !matches!(value, Stored::Null)) else { continue };
            let others: Vec<String> = self.known(sharing, |statement| {
                statement.query_map([value], |row| row.get(0))?.collect::<Result<_, _>>()
            })?;
            self.rows += others.len() as u64;
            if let Some(other) = others.iter().find(|&id| Some(id.as_str()) != own_id) {
                let (name, other) = (&field.name, id::short(other));
                let message = format!("duplicate value found: {name} duplicates value on record with id: {other}");
                return Err(ApiError::new(400, "DUPLICATE_VALUE", message).with_fields::<String>([]));
            }
        }
        Ok(())
    }

    /// Ids of live records with that value, at most `limit`.
    pub(super) fn ids_with(
        &mut self,
        object: &'a ObjectDef,
        field: &'a FieldDef,
        value: &Stored,
        limit: u32,
    ) -> Result<Vec<String>, ApiError> {
        let ids = self.searches.ids(self.connection, (object, field, limit), value)?;
        self.rows += ids.len() as u64;
        Ok(ids)
    }
}

/// A create must give all required fields.
pub(super) fn required(object: &ObjectDef, record: &Record<'_>) -> Result<(), ApiError> {
    let required = object.fields.iter().filter(|field| field.is_required_on_create());
    missing(required.filter(|field| record.is_empty(&field.name)))
}

/// An update may not empty a required field.
pub(super) fn not_cleared(object: &ObjectDef, changes: &Record<'_>) -> Result<(), ApiError> {
    let given = object.fields.iter().filter(|field| !field.nillable && changes.contains(&field.name));
    missing(given.filter(|field| changes.is_empty(&field.name)))
}

fn missing<'f>(fields: impl Iterator<Item = &'f FieldDef>) -> Result<(), ApiError> {
    let names: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", names.join(", "));
    Err(ApiError::new(400, "REQUIRED_FIELD_MISSING", message).with_fields(names))
}
