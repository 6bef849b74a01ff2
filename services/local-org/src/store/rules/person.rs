//! Contacts and users: their full name.

use super::hooks::Rules;
use crate::error::ApiError;
use crate::store::{Record, Tx};

pub(super) struct Contact;

impl Rules for Contact {
    fn before_create<'a>(&self, _tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        record.set("Name", full_name(record));
        Ok(())
    }

    fn before_update<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        changes.set("Name", full_name(&old.changed_by(changes)));
        Ok(())
    }
}

pub(super) struct User;

impl Rules for User {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        Contact.before_create(tx, record)
    }

    fn before_update<'a>(&self, tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        Contact.before_update(tx, old, changes)
    }

    /// Users are deactivated, never deleted.
    fn before_delete<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>) -> Result<(), ApiError> {
        Err(ApiError::new(400, "INVALID_TYPE_FOR_OPERATION", "entity type User does not support delete"))
    }
}

fn full_name(record: &Record<'_>) -> String {
    let names: Vec<&str> = ["FirstName", "LastName"].iter().filter_map(|field| record.text(field)).collect();
    names.join(" ")
}
