//! SOQL: parses a query, checks it against the org's schema, and runs it on SQLite.
//!
//! The way of a query: `lexer`, `parser` and `ast` know only its text; `scope` and `operand` look up names in the schema;
//! `filter` and `semi_join` translate conditions to SQL; `records` or `aggregates` put the statement together, run it and
//! write JSON. Rules are those of the SOQL and SOSL Reference; where it is silent, those observed on real orgs.

pub mod ast;
pub mod period;

mod aggregates;
mod columns;
mod export;
mod failure;
mod filter;
mod fragment;
mod functions;
mod id;
mod lexer;
mod operand;
mod parser;
mod records;
mod rows;
mod scope;
mod semi_join;
#[cfg(test)]
mod tests;
mod value;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde_json::Value;

use self::scope::Context;
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef, Schema};

pub use self::columns::columns;
pub use self::export::Export;
pub use self::parser::parse;

/// What a query's result depends on besides the query and the data.
pub struct ExecuteOptions<'a> {
    /// For example `62.0`; appears in the records' URLs.
    pub api_version: &'a str,
    /// Whether records in the recycle bin are found too.
    pub include_deleted: bool,
    /// The moment for which `TODAY` and other date literals are taken.
    pub now: DateTime<Utc>,
    /// Field-level security: a field for which it returns false does not exist for this query.
    pub visible: &'a dyn Fn(&ObjectDef, &FieldDef) -> bool,
    /// Record-level security: a field of an object and the value that it has in the records that exist for this query;
    /// `None` when all do.
    pub only: &'a dyn Fn(&ObjectDef) -> Option<(&'static str, String)>,
}

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

/// Runs a query. Every object of the schema that it mentions must be a table, as described in [`crate::schema`], with a
/// column `IsDeleted`.
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
    functions::register(conn).map_err(|error| rows::failed(&error))?;
    let context = Context { schema, options, text: &query.text };
    let select = &query.select;
    let object = context.object(&select.from)?;
    let name = object.name.clone();
    if let Some(at) = aggregates::count_rows(select) {
        let total_size = aggregates::count(conn, context, object, select, at)?;
        return Ok(ResultSet { object: name, total_size, records: Vec::new(), aggregate: true });
    }
    let aggregate = aggregates::applies(select);
    let records = if aggregate {
        aggregates::run(conn, context, object, select)?
    } else {
        records::plan(context, object, select)?.run(conn)?
    };
    Ok(ResultSet { object: name, total_size: records.len(), records, aggregate })
}
