//! Queries whose records are written as rows: what the Bulk API runs.

use rusqlite::Connection;

use super::ast::{Item, Query};
use super::options::ExecuteOptions;
use super::records::Plan;
use super::scope::Context;
use super::{aggregates, functions, records, rows};
use crate::error::ApiError;
use crate::schema::Schema;

/// A query that was checked and found fit for rows.
pub struct Export<'a> {
    object: &'a str,
    plan: Plan<'a>,
}

impl<'a> Export<'a> {
    /// Checks a query against the schema.
    ///
    /// # Errors
    /// Those of [`super::execute`], and `FUNCTIONALITY_NOT_ENABLED` for what bulk queries cannot have: child records,
    /// groups, totals and `OFFSET` (Bulk API 2.0 Developer Guide, "SOQL Considerations").
    pub fn new(schema: &'a Schema, query: &'a Query, options: &'a ExecuteOptions<'a>) -> Result<Self, ApiError> {
        let context = Context { schema, options, text: &query.text };
        let select = &query.select;
        let object = context.object(&select.from)?;
        if select.items.iter().any(|item| matches!(item, Item::Children(_))) {
            return Err(refused("Aggregate Relationships"));
        }
        if aggregates::applies(select) {
            return Err(refused(if select.group_by.is_empty() { "Aggregate Functions" } else { "GROUP BY" }));
        }
        if select.offset.is_some() {
            return Err(refused("OFFSET"));
        }
        Ok(Self { object: &object.name, plan: records::plan(context, object, select)? })
    }

    /// API name of the object in `FROM`.
    pub fn object(&self) -> &str {
        self.object
    }

    /// Names of the columns in the order of the query, such as `Account.Name`.
    pub fn names(&self) -> Vec<&str> {
        self.plan.names()
    }

    /// Gives the values of each record to `write`, an empty text for null, and tells how many records there were. They
    /// are read one by one, so memory does not depend on their number.
    ///
    /// # Errors
    /// What `write` returns, and status 500 when the database fails.
    pub fn each_row(
        &self,
        conn: &Connection,
        write: &mut dyn FnMut(&[String]) -> Result<(), ApiError>,
    ) -> Result<u64, ApiError> {
        functions::register(conn).map_err(|error| rows::failed(&error))?;
        self.plan.each_row(conn, write)
    }
}

fn refused(what: &str) -> ApiError {
    let message = format!("{what} not supported in Bulk V2 Query with CSV content type");
    ApiError::new(400, "FUNCTIONALITY_NOT_ENABLED", message)
}
