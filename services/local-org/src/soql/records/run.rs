//! Runs planned queries.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use serde_json::json;

use super::super::rows::{self, Table};
use super::found::FoundChildren;
use super::{ALONE, AMONG, Children, Found, ID, PARENT_ID, Plan};
use crate::error::ApiError;

impl Plan<'_> {
    /// Reads the records, and their child records for all rows at once.
    pub(in super::super) fn run(self, conn: &Connection) -> Result<Found, ApiError> {
        let rows = rows::fetch_table(conn, &self.sql)?;
        let mut children = Vec::with_capacity(self.children.len());
        for query in self.children {
            children.push(query.run(conn, &rows)?);
        }
        Ok(Found { shape: self.shape, api_version: self.context.options.api_version.to_owned(), rows, children })
    }
}

impl Children<'_> {
    /// The child records of all rows, with one statement, by their parent.
    fn run(self, conn: &Connection, parents: &Table) -> Result<FoundChildren, ApiError> {
        let Self { mut plan, limit, offset } = self;
        let ids: Vec<&str> = parents.iter().map(|row| rows::text(row.get(ID))).collect();
        let named = match ids.as_slice() {
            [id] => {
                // The first place is that of the parents: what is selected has no such condition.
                plan.sql.text = plan.sql.text.replacen(AMONG, ALONE, 1);
                (*id).to_owned()
            }
            ids => json!(ids).to_string(),
        };
        if let Some(first) = plan.sql.values.first_mut() {
            *first = Stored::Text(named);
        }
        let found = plan.run(conn)?;
        let places: HashMap<&str, usize> = ids.into_iter().zip(0..).collect();
        let mut by_parent = vec![Vec::new(); parents.len()];
        for (child, row) in found.rows.iter().enumerate() {
            let place = places.get(rows::text(row.get(PARENT_ID)));
            if let Some(children) = place.and_then(|place| by_parent.get_mut(*place)) {
                children.push(child);
            }
        }
        for children in &mut by_parent {
            children.drain(..offset.min(children.len()));
            children.truncate(limit.unwrap_or(usize::MAX));
        }
        Ok(FoundChildren { found, by_parent })
    }
}
