//! Records as rows of text, one after another, for results that are too large to be held in memory.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::super::rows;
use super::Plan;
use crate::error::ApiError;
use crate::schema::FieldType;

impl Plan<'_> {
    /// Names of the columns in the order of the query.
    pub(in super::super) fn names(&self) -> Vec<&str> {
        self.cells.iter().map(|cell| cell.name.as_str()).collect()
    }

    /// Gives each record's values to `write`, an empty text for null, and tells how many records there were.
    pub(in super::super) fn each_row(
        &self,
        conn: &Connection,
        write: &mut dyn FnMut(&[String]) -> Result<(), ApiError>,
    ) -> Result<u64, ApiError> {
        let mut statement = conn.prepare_cached(&self.sql.text).map_err(|error| rows::failed(&error))?;
        let mut found = statement.query(params_from_iter(&self.sql.values)).map_err(|error| rows::failed(&error))?;
        let mut values = vec![String::new(); self.cells.len()];
        let mut count = 0;
        while let Some(row) = found.next().map_err(|error| rows::failed(&error))? {
            for (cell, value) in self.cells.iter().zip(&mut values) {
                value.clear();
                let stored = row.get_ref(cell.column).map_err(|error| rows::failed(&error))?;
                push_text(value, cell.kind, stored);
            }
            write(&values)?;
            count += 1;
        }
        Ok(count)
    }
}

/// Appends a stored value as the Bulk API writes it.
fn push_text(target: &mut String, kind: FieldType, stored: ValueRef<'_>) {
    match stored {
        ValueRef::Null | ValueRef::Blob(_) => {}
        ValueRef::Integer(flag) if kind == FieldType::Boolean => {
            target.push_str(if flag == 0 { "false" } else { "true" })
        }
        ValueRef::Integer(number) => target.push_str(&number.to_string()),
        ValueRef::Real(number) => {
            let start = target.len();
            target.push_str(&number.to_string());
            if !target.get(start..).is_some_and(|digits| digits.contains('.')) {
                target.push_str(".0");
            }
        }
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            match text.strip_suffix("+0000").filter(|_| kind == FieldType::DateTime) {
                Some(instant) => {
                    target.push_str(instant);
                    target.push('Z');
                }
                None => target.push_str(&text),
            }
        }
    }
}
