//! Runs a query.

use rusqlite::Connection;
use serde_json::Value;

use super::options::ExecuteOptions;
use super::scope::Context;
use super::{aggregates, ast, functions, records, rows};
use crate::error::ApiError;
use crate::schema::Schema;

/// The whole result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultSet {
    /// API name of the object in `FROM`.
    pub object: String,
    /// Number of records, or for `COUNT()`, which returns none, the count.
    pub total_size: usize,
    /// Records or groups as JSON objects of the REST API, `attributes` first and members in the order of the query.
    pub records: Vec<Value>,
    /// Whether the records are groups or totals.
    pub aggregate: bool,
}

/// What a query found.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// One for each row, with the fields that were asked for.
    Records {
        /// API name of the object in `FROM`.
        object: String,
        /// The records.
        found: records::Found,
    },
    /// Groups or totals.
    Totals(ResultSet),
}

impl Outcome {
    /// Number of records or groups that are given.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Records { found, .. } => found.len(),
            Self::Totals(set) => set.records.len(),
        }
    }

    /// The whole result as values.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a defect.
    pub(crate) fn into_set(self) -> Result<ResultSet, ApiError> {
        match self {
            Self::Records { object, found } => {
                let records = found.values()?;
                Ok(ResultSet { object, total_size: records.len(), records, aggregate: false })
            }
            Self::Totals(set) => Ok(set),
        }
    }
}

/// Runs a query and gives its whole result as values. Every object of the schema that it mentions must be a table, as
/// described in [`crate::schema`], with a column `IsDeleted`.
///
/// # Errors
/// Salesforce's errors for queries, status 400, most of them with row and column in the message; status 500 when the
/// database fails.
pub fn execute(
    conn: &Connection,
    schema: &Schema,
    query: &ast::Query,
    options: &ExecuteOptions<'_>,
) -> Result<ResultSet, ApiError> {
    run(conn, schema, query, options)?.into_set()
}

/// Runs a query. Every object of the schema that it mentions must be a table, as described in [`crate::schema`], with a
/// column `IsDeleted`.
///
/// # Errors
/// Salesforce's errors for queries, status 400, most of them with row and column in the message; status 500 when the
/// database fails.
pub(crate) fn run(
    conn: &Connection,
    schema: &Schema,
    query: &ast::Query,
    options: &ExecuteOptions<'_>,
) -> Result<Outcome, ApiError> {
    functions::register(conn).map_err(|error| rows::failed(&error))?;
    let context = Context { schema, options, text: &query.text };
    let select = &query.select;
    let object = context.object(&select.from)?;
    let name = object.name.clone();
    if let Some(at) = aggregates::count_rows(select) {
        let total_size = aggregates::count(conn, context, object, select, at)?;
        let totals = ResultSet { object: name, total_size, records: Vec::new(), aggregate: true };
        return Ok(Outcome::Totals(totals));
    }
    if !aggregates::applies(select) {
        return Ok(Outcome::Records { object: name, found: records::plan(context, object, select)?.run(conn)? });
    }
    let records = aggregates::run(conn, context, object, select)?;
    Ok(Outcome::Totals(ResultSet { object: name, total_size: records.len(), records, aggregate: true }))
}
