//! Runs statements and turns what SQLite stores into JSON.

use rusqlite::types::Value as Stored;
use rusqlite::{Connection, params_from_iter};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::fragment::Fragment;
use crate::error::ApiError;
use crate::schema::FieldType;

/// All rows of a statement.
pub(super) fn fetch(conn: &Connection, sql: &Fragment) -> Result<Vec<Vec<Stored>>, ApiError> {
    fetch_rows(conn, sql).map_err(|error| failed(&error))
}

fn fetch_rows(conn: &Connection, sql: &Fragment) -> rusqlite::Result<Vec<Vec<Stored>>> {
    let mut statement = conn.prepare_cached(&sql.text)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(&sql.values))?;
    let mut fetched = Vec::new();
    while let Some(row) = rows.next()? {
        fetched.push((0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?);
    }
    Ok(fetched)
}

/// Rows of the same columns, one behind the other.
#[derive(Debug)]
pub(super) struct Table {
    columns: usize,
    values: Vec<Stored>,
}

impl Table {
    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.values.len() / self.columns
    }

    /// A row; empty where there is none.
    pub(super) fn row(&self, number: usize) -> &[Stored] {
        self.values.get(number * self.columns..(number + 1) * self.columns).unwrap_or_default()
    }

    /// All rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[Stored]> {
        self.values.chunks_exact(self.columns)
    }
}

/// All rows of a statement as a table.
pub(super) fn fetch_table(conn: &Connection, sql: &Fragment) -> Result<Table, ApiError> {
    let fetch = || -> rusqlite::Result<Table> {
        let mut statement = conn.prepare_cached(&sql.text)?;
        // A statement with rows has columns.
        let mut table = Table { columns: statement.column_count().max(1), values: Vec::new() };
        let mut rows = statement.query(params_from_iter(&sql.values))?;
        while let Some(row) = rows.next()? {
            for column in 0..table.columns {
                table.values.push(row.get(column)?);
            }
        }
        Ok(table)
    };
    fetch().map_err(|error| failed(&error))
}

/// The answer when the database itself fails.
pub(super) fn failed(error: &rusqlite::Error) -> ApiError {
    ApiError::new(500, "UNKNOWN_EXCEPTION", format!("An unexpected error occurred: {error}"))
}

/// A stored value of a field as JSON.
pub(super) struct Cell<'v>(pub(super) FieldType, pub(super) &'v Stored);

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (FieldType::Boolean, Stored::Integer(integer)) => serializer.serialize_bool(*integer != 0),
            (FieldType::Double | FieldType::Currency | FieldType::Percent, Stored::Integer(integer)) => {
                // A column without REAL affinity (a sum, say) can give a whole number.
                serializer.serialize_f64(*integer as f64)
            }
            (_, Stored::Integer(integer)) => serializer.serialize_i64(*integer),
            // What is not finite becomes null.
            (_, Stored::Real(real)) => serializer.serialize_f64(*real),
            (_, Stored::Text(text)) => serializer.serialize_str(text),
            (_, Stored::Null | Stored::Blob(_)) => serializer.serialize_unit(),
        }
    }
}

/// A stored value as a JSON value.
pub(super) fn json(kind: FieldType, stored: &Stored) -> Value {
    serde_json::to_value(Cell(kind, stored)).unwrap_or_default()
}

/// A stored text; empty for null.
pub(super) fn text(stored: Option<&Stored>) -> &str {
    match stored {
        Some(Stored::Text(text)) => text,
        _ => "",
    }
}
