//! The contents of a batch as CSV, which is what the loader reads. A member that a record does not have becomes an empty
//! value, which changes nothing, and null the value that empties a field.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

use super::spec::ContentType;
use crate::bulk::dialect::Dialect;
use crate::bulk::spool::Spool;
use crate::bulk::{Failure, disk};

/// Records of a batch at most (Bulk API Developer Guide, "Bulk API Limits").
const MAX_RECORDS: usize = 10_000;
/// Characters of a batch at most (there).
const MAX_CHARACTERS: u64 = 10_000_000;
/// Elements and texts of a batch at most: what that many characters can hold.
const MAX_NODES: u32 = 4_000_000;
/// The value that empties a field.
const NULL: &str = "#N/A";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The contents as CSV.
///
/// # Errors
/// Why the batch fails as a whole.
pub(super) fn as_csv(contents: &Arc<Spool>, kind: ContentType) -> Result<Arc<Spool>, Failure> {
    // Of more bytes than four for each character there are too many in any case.
    let bytes = contents.read(0, usize::MAX).map_err(|error| internal(&error))?;
    check_size(&bytes)?;
    let mut table = Table::default();
    match kind {
        ContentType::Csv => {
            let mut rows = Dialect::default().reader(bytes.as_slice()).into_byte_records();
            check_count(rows.by_ref().skip(1).take_while(Result::is_ok).count())?;
            return Ok(Arc::clone(contents));
        }
        ContentType::Json => table.read_json(&bytes)?,
        ContentType::Xml => table.read_xml(&bytes)?,
    }
    check_count(table.rows.len())?;
    table.write().map(Arc::new).map_err(|error| internal(&error))
}

/// Records with their values by column.
#[derive(Default)]
struct Table {
    names: Vec<String>,
    places: HashMap<String, usize>,
    rows: Vec<Vec<(usize, String)>>,
}

impl Table {
    fn read_json(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let records: Vec<Map<String, Value>> =
            serde_json::from_slice(bytes).map_err(|error| format!("InvalidBatch : Failed to parse JSON: {error}"))?;
        for record in records {
            let mut row = Vec::with_capacity(record.len());
            for (name, value) in record.into_iter().filter(|(name, _)| name != "attributes") {
                match value {
                    Value::Object(parent) => self.add_parent(&mut row, &name, parent)?,
                    value => self.add(&mut row, name, value)?,
                }
            }
            self.rows.push(row);
        }
        Ok(())
    }

    /// A parent that is named by one of its fields, `{"Owner": {"Username": "…"}}`.
    fn add_parent(
        &mut self,
        row: &mut Vec<(usize, String)>,
        name: &str,
        parent: Map<String, Value>,
    ) -> Result<(), Failure> {
        let kind = parent.get("attributes").and_then(|attributes| attributes.get("type")).and_then(Value::as_str);
        let relationship = kind.map_or_else(|| name.to_owned(), |kind| format!("{kind}:{name}"));
        for (key, value) in parent.into_iter().filter(|(key, _)| key != "attributes") {
            self.add(row, format!("{relationship}.{key}"), value)?;
        }
        Ok(())
    }

    fn add(&mut self, row: &mut Vec<(usize, String)>, name: String, value: Value) -> Result<(), Failure> {
        let text = match value {
            Value::Null => NULL.to_owned(),
            Value::String(text) if text.is_empty() => NULL.to_owned(),
            Value::String(text) => text,
            value @ (Value::Bool(_) | Value::Number(_)) => value.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(format!("InvalidBatch : Value of {name} is not simple")),
        };
        self.put(row, name, text)
    }

    fn put(&mut self, row: &mut Vec<(usize, String)>, name: String, text: String) -> Result<(), Failure> {
        let place = match self.places.get(&name.to_ascii_lowercase()) {
            Some(place) => *place,
            None => {
                let place = self.names.len();
                self.places.insert(name.to_ascii_lowercase(), place);
                self.names.push(name);
                place
            }
        };
        if row.iter().any(|(taken, _)| *taken == place) {
            let name = self.names.get(place).map(String::as_str).unwrap_or_default();
            return Err(format!("InvalidBatch : Field name given twice : {name}"));
        }
        row.push((place, text));
        Ok(())
    }

    /// `<sObjects><sObject><Name>…</Name></sObject></sObjects>`
    fn read_xml(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let unreadable = |why: &dyn std::fmt::Display| format!("InvalidBatch : Failed to parse XML: {why}");
        let text = std::str::from_utf8(bytes).map_err(|error| unreadable(&error))?;
        // No document type: nothing in a batch expands.
        let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options).map_err(|error| unreadable(&error))?;
        let root = document.root_element();
        if root.tag_name().name() != "sObjects" {
            return Err(unreadable(&"the root element is not sObjects"));
        }
        for record in elements(root) {
            if record.tag_name().name() != "sObject" {
                return Err(unreadable(&format!("{} in place of sObject", record.tag_name().name())));
            }
            let mut row = Vec::new();
            for member in elements(record) {
                let name = member.tag_name().name();
                match elements(member).next() {
                    Some(parent) => self.read_parent(&mut row, name, parent)?,
                    None => self.put(&mut row, name.to_owned(), value_of(member))?,
                }
            }
            self.rows.push(row);
        }
        Ok(())
    }

    /// `<Owner><sObject><type>User</type><Username>…</Username></sObject></Owner>`
    fn read_parent(&mut self, row: &mut Vec<(usize, String)>, name: &str, parent: Node<'_, '_>) -> Result<(), Failure> {
        let kind = elements(parent).find(|member| member.tag_name().name() == "type");
        let relationship = kind.map_or_else(|| name.to_owned(), |kind| format!("{}:{name}", value_of(kind)));
        for key in elements(parent).filter(|member| member.tag_name().name() != "type") {
            self.put(row, format!("{relationship}.{}", key.tag_name().name()), value_of(key))?;
        }
        Ok(())
    }

    fn write(&self) -> io::Result<Spool> {
        let mut file = Spool::create();
        let mut writer = Dialect::default().writer(&mut file);
        writer.write_record(&self.names)?;
        let mut values = vec![""; self.names.len()];
        for row in &self.rows {
            values.fill("");
            for (place, text) in row {
                if let Some(value) = values.get_mut(*place) {
                    *value = text;
                }
            }
            writer.write_record(&values)?;
        }
        writer.flush()?;
        drop(writer);
        file.flush()?;
        Ok(file.finish())
    }
}

fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The text of an element. An empty one is empty in the record, too: `xsi:nil` says so.
fn value_of(node: Node<'_, '_>) -> String {
    let text: String = node.children().filter_map(|child| child.text()).collect();
    let nil = node.attribute((XSI, "nil")).is_some_and(|nil| matches!(nil, "true" | "1"));
    if nil || text.is_empty() { NULL.to_owned() } else { text }
}

fn check_size(bytes: &[u8]) -> Result<(), Failure> {
    // Bytes that begin a character.
    let characters = bytes.iter().filter(|byte| (**byte & 0b1100_0000) != 0b1000_0000).count() as u64;
    if characters > MAX_CHARACTERS {
        return Err(format!("InvalidBatch : Exceeded max size limit of {MAX_CHARACTERS}"));
    }
    Ok(())
}

/// An org counts one more, as its message shows.
fn check_count(records: usize) -> Result<(), Failure> {
    if records > MAX_RECORDS {
        let (seen, most) = (records + 1, MAX_RECORDS + 1);
        return Err(format!(
            "InvalidBatch : Exceeded number of records: {seen}. Number of records should be less than or equal to {most}"
        ));
    }
    Ok(())
}

fn internal(error: &io::Error) -> Failure {
    format!("InternalServerError : {}", disk(error).message)
}

#[cfg(test)]
mod tests;
