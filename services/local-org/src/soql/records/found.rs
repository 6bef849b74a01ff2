//! What a query for records found, and how the REST API writes it.
//!
//! The rows are read while the database is the query's alone. They are written out afterwards: as text, or as values
//! where somebody looks into them.

use rusqlite::types::Value as Stored;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::rows::{self, Cell, Table};
use super::{Member, Shape};
use crate::error::ApiError;

/// The records of a query.
#[derive(Debug)]
pub(crate) struct Found {
    pub(super) shape: Shape,
    pub(super) api_version: String,
    pub(super) rows: Table,
    pub(super) children: Vec<FoundChildren>,
}

/// The records of a child query.
#[derive(Debug)]
pub(super) struct FoundChildren {
    pub(super) found: Found,
    /// By row of the parent: the rows of its children.
    pub(super) by_parent: Vec<Vec<usize>>,
}

impl Found {
    /// Number of records.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Number of records and their children, as they count toward the size of a page.
    pub(crate) fn rows(&self) -> usize {
        let children = self.children.iter().flat_map(|children| &children.by_parent);
        self.len() + children.map(Vec::len).sum::<usize>()
    }

    /// All records as one page.
    ///
    /// # Errors
    /// When they cannot be written as JSON, which is a defect.
    pub(crate) fn page(&self) -> Result<String, ApiError> {
        let rows: Vec<usize> = (0..self.len()).collect();
        serde_json::to_string(&Set { found: self, rows: &rows }).map_err(|error| ApiError::internal(&error))
    }

    /// All records as values.
    ///
    /// # Errors
    /// As for [`Found::page`].
    pub(crate) fn values(&self) -> Result<Vec<Value>, ApiError> {
        let record = |row| serde_json::to_value(self.record(row)).map_err(|error| ApiError::internal(&error));
        (0..self.len()).map(record).collect()
    }

    /// Gives each record to `write`, one after another.
    ///
    /// # Errors
    /// As for [`Found::page`], and what `write` returns.
    pub(crate) fn each(&self, write: &mut dyn FnMut(&Value) -> Result<(), ApiError>) -> Result<(), ApiError> {
        for row in 0..self.len() {
            write(&serde_json::to_value(self.record(row)).map_err(|error| ApiError::internal(&error))?)?;
        }
        Ok(())
    }

    fn record(&self, row: usize) -> Record<'_> {
        Record { found: self, shape: &self.shape, row, values: self.rows.row(row) }
    }
}

/// Several records as a query or subquery gives them.
struct Set<'f> {
    found: &'f Found,
    rows: &'f [usize],
}

impl Serialize for Set<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(3))?;
        members.serialize_entry("totalSize", &self.rows.len())?;
        members.serialize_entry("done", &true)?;
        members.serialize_entry("records", &Records { found: self.found, rows: self.rows })?;
        members.end()
    }
}

struct Records<'f> {
    found: &'f Found,
    rows: &'f [usize],
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| self.found.record(*row)))
    }
}

/// A record, or one of its parents.
struct Record<'f> {
    found: &'f Found,
    shape: &'f Shape,
    row: usize,
    values: &'f [Stored],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let id = rows::text(self.values.get(self.shape.id_column));
        if id.is_empty() {
            // A parent that is not there.
            return serializer.serialize_unit();
        }
        let object = self.shape.object.as_str();
        let mut members = serializer.serialize_map(Some(1 + self.shape.members.len()))?;
        members.serialize_entry("attributes", &Attributes { object, id, api_version: &self.found.api_version })?;
        for (name, member) in &self.shape.members {
            match member {
                Member::Field { column, kind } => {
                    members.serialize_entry(name, &Cell(*kind, self.values.get(*column).unwrap_or(&Stored::Null)))?;
                }
                Member::Parent(shape) => members.serialize_entry(name, &Record { shape, ..*self })?,
                Member::Children(number) => members.serialize_entry(name, &self.children(*number))?,
            }
        }
        members.end()
    }
}

impl<'f> Record<'f> {
    /// The records of a child query; none where it found none.
    fn children(&self, number: usize) -> Option<Set<'f>> {
        let FoundChildren { found, by_parent } = self.found.children.get(number)?;
        by_parent.get(self.row).filter(|rows| !rows.is_empty()).map(|rows| Set { found, rows })
    }
}

struct Attributes<'f> {
    object: &'f str,
    id: &'f str,
    api_version: &'f str,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { object, id, api_version } = self;
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry("type", object)?;
        members.serialize_entry("url", &format_args!("/services/data/v{api_version}/sobjects/{object}/{id}"))?;
        members.end()
    }
}
