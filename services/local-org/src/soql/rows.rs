//! Runs statements and turns what SQLite stores into JSON.

use rusqlite::types::Value as Stored;
use rusqlite::{Connection, params_from_iter};
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

/// The answer when the database itself fails.
pub(super) fn failed(error: &rusqlite::Error) -> ApiError {
    ApiError::new(500, "UNKNOWN_EXCEPTION", format!("An unexpected error occurred: {error}"))
}

/// A stored value as JSON.
pub(super) fn json(kind: FieldType, stored: &Stored) -> Value {
    match (kind, stored) {
        (FieldType::Boolean, Stored::Integer(integer)) => Value::Bool(*integer != 0),
        (FieldType::Double | FieldType::Currency | FieldType::Percent, Stored::Integer(integer)) => {
            // A column without REAL affinity (a sum, say) can give a whole number.
            serde_json::Number::from_f64(*integer as f64).map_or(Value::Null, Value::Number)
        }
        (_, Stored::Integer(integer)) => (*integer).into(),
        (_, Stored::Real(real)) => serde_json::Number::from_f64(*real).map_or(Value::Null, Value::Number),
        (_, Stored::Text(text)) => text.as_str().into(),
        (_, Stored::Null | Stored::Blob(_)) => Value::Null,
    }
}

/// A stored text; empty for null.
pub(super) fn text(stored: Option<&Stored>) -> &str {
    match stored {
        Some(Stored::Text(text)) => text,
        _ => "",
    }
}
