//! Runs planned queries and builds the records.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use serde_json::{Map, Value, json};

use super::super::rows;
use super::{Children, ID, Member, PARENT_ID, Plan, Shape};
use crate::error::ApiError;

impl Plan<'_> {
    /// The records as the REST API sends them.
    pub(in super::super) fn run(&self, conn: &Connection) -> Result<Vec<Value>, ApiError> {
        self.records(conn, &rows::fetch(conn, &self.sql)?)
    }

    /// One record for each row, with child records fetched for all rows at once.
    fn records(&self, conn: &Connection, rows: &[Vec<Stored>]) -> Result<Vec<Value>, ApiError> {
        let mut children = Vec::new();
        for query in &self.children {
            children.push(query.by_parent(conn, rows)?);
        }
        Ok(rows.iter().map(|row| self.json(&self.shape, row, &mut children)).collect())
    }

    fn json(&self, shape: &Shape, row: &[Stored], children: &mut [HashMap<String, Vec<Value>>]) -> Value {
        let id = rows::text(row.get(shape.id_column));
        if id.is_empty() {
            return Value::Null;
        }
        let url = format!("/services/data/v{}/sobjects/{}/{id}", self.context.options.api_version, shape.object);
        let mut record = Map::new();
        record.insert("attributes".to_owned(), json!({ "type": shape.object, "url": url }));
        for (name, member) in &shape.members {
            let value = match member {
                Member::Field { column, kind } => {
                    row.get(*column).map_or(Value::Null, |value| rows::json(*kind, value))
                }
                Member::Parent(parent) => self.json(parent, row, children),
                Member::Children(index) => {
                    let records = children.get_mut(*index).and_then(|by_parent| by_parent.remove(id));
                    records.map_or(
                        Value::Null,
                        |records| json!({ "totalSize": records.len(), "done": true, "records": records }),
                    )
                }
            };
            record.insert(name.clone(), value);
        }
        Value::Object(record)
    }
}

impl Children<'_> {
    /// The child records of all rows, with one statement, by the id of their parent.
    fn by_parent(&self, conn: &Connection, parents: &[Vec<Stored>]) -> Result<HashMap<String, Vec<Value>>, ApiError> {
        let ids: Vec<&str> = parents.iter().map(|row| rows::text(row.get(ID))).collect();
        let mut sql = self.plan.sql.clone();
        if let Some(first) = sql.values.first_mut() {
            *first = Stored::Text(json!(ids).to_string());
        }
        let rows = rows::fetch(conn, &sql)?;
        let records = self.plan.records(conn, &rows)?;
        let mut by_parent: HashMap<String, Vec<Value>> = HashMap::new();
        for (row, record) in rows.iter().zip(records) {
            by_parent.entry(rows::text(row.get(PARENT_ID)).to_owned()).or_default().push(record);
        }
        for records in by_parent.values_mut() {
            records.drain(..self.offset.min(records.len()));
            records.truncate(self.limit.unwrap_or(usize::MAX));
        }
        by_parent.retain(|_, records| !records.is_empty());
        Ok(by_parent)
    }
}
