//! What sample data needs beside the pipeline: counting, finding and copying records in SQL.

use rusqlite::OptionalExtension;
use rusqlite::functions::FunctionFlags;

use super::ddl::quoted;
use super::{Record, Tx};
use crate::error::ApiError;
use crate::id;
use crate::schema::{FieldType, ObjectDef};

impl<'a> Tx<'a> {
    /// How many live records fulfil an SQL condition.
    pub(crate) fn count(&self, object: &str, condition: &str) -> Result<u64, ApiError> {
        let sql = format!("SELECT count(*) FROM {} WHERE \"IsDeleted\" = 0 AND {condition}", quoted(object));
        let count: i64 = self.prepare(&sql)?.query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The oldest live record that fulfils an SQL condition.
    pub(crate) fn first_id(&self, object: &str, condition: &str) -> Result<Option<String>, ApiError> {
        let table = quoted(object);
        let sql = format!("SELECT \"Id\" FROM {table} WHERE \"IsDeleted\" = 0 AND {condition} ORDER BY \"Id\" LIMIT 1");
        Ok(self.prepare(&sql)?.query_row([], |row| row.get(0)).optional()?)
    }

    /// All live records that fulfil an SQL condition, the oldest first.
    pub(crate) fn ids(&self, object: &str, condition: &str) -> Result<Vec<String>, ApiError> {
        let table = quoted(object);
        let sql = format!("SELECT \"Id\" FROM {table} WHERE \"IsDeleted\" = 0 AND {condition} ORDER BY \"Id\"");
        Ok(self.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Writes a record under a given id: for the one record of its object that does not come from the counter.
    pub(crate) fn insert_as(&mut self, object: &'a ObjectDef, id: &str, record: Record<'a>) -> Result<(), ApiError> {
        let made = self.insert(object, record)?;
        let sql = format!("UPDATE {} SET \"Id\" = ?1 WHERE \"Id\" = ?2", quoted(&object.name));
        self.prepare(&sql)?.execute([id, &made])?;
        self.loaded.clear();
        Ok(())
    }

    /// Makes `copies` more of a record and its children, as `(object, reference)`, with new ids. The number at the end
    /// of the record's name is counted on. Auto-numbers and unique fields are not copied right: such objects cannot be
    /// copied.
    pub(crate) fn copy_with_children(
        &mut self,
        object: &str,
        model: &str,
        copies: u64,
        children: &[(&str, &str)],
    ) -> Result<(), ApiError> {
        let object = self.object(object)?;
        self.offer_id_function()?;
        let first = self.sequences.take(&object.name, copies);
        let columns = columns(object, |column| match column {
            "Id" => Some(format!("new_id('{}', ?2 + n)", object.key_prefix)),
            "Name" => Some(
                "rtrim(\"Name\", '0123456789') || (replace(\"Name\", rtrim(\"Name\", '0123456789'), '') + n + 1)"
                    .to_owned(),
            ),
            _ => None,
        });
        self.copy(object, &columns, "\"Id\" = ?1", model, first, copies)?;
        for (child, reference) in children {
            let child = self.object(child)?;
            let count = self.count(&child.name, &format!("{} = '{model}'", quoted(reference)))?;
            let first_child = self.sequences.take(&child.name, copies * count);
            let columns = self::columns(child, |column| match column {
                "Id" => Some(format!(
                    "new_id('{}', ?2 + n * {count} + row_number() OVER (PARTITION BY n ORDER BY \"Id\") - 1)",
                    child.key_prefix
                )),
                _ if column == *reference => Some(format!("new_id('{}', {first} + n)", object.key_prefix)),
                _ => None,
            });
            self.copy(child, &columns, &format!("{} = ?1", quoted(reference)), model, first_child, copies)?;
        }
        Ok(())
    }

    fn copy(
        &mut self,
        object: &ObjectDef,
        columns: &[(String, String)],
        condition: &str,
        model: &str,
        first: u64,
        copies: u64,
    ) -> Result<(), ApiError> {
        let (names, sources): (Vec<&str>, Vec<&str>) =
            columns.iter().map(|(name, source)| (name.as_str(), source.as_str())).unzip();
        let (table, names, sources) = (quoted(&object.name), names.join(", "), sources.join(", "));
        let sql = format!(
            "WITH RECURSIVE copy(n) AS (SELECT 0 WHERE ?3 > 0 UNION ALL SELECT n + 1 FROM copy WHERE n + 1 < ?3) \
             INSERT INTO {table} ({names}) SELECT {sources} FROM copy CROSS JOIN {table} WHERE {condition}"
        );
        let (first, copies) = (i64::try_from(first).unwrap_or(i64::MAX), i64::try_from(copies).unwrap_or(i64::MAX));
        self.rows += self.prepare(&sql)?.execute((model, first, copies))? as u64;
        Ok(())
    }

    /// Makes [`id::generate`] known to SQLite as `new_id(prefix, number)`.
    fn offer_id_function(&self) -> rusqlite::Result<()> {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        self.connection.create_scalar_function("new_id", 2, flags, |context| {
            Ok(id::generate(&context.get::<String>(0)?, context.get::<i64>(1)?.unsigned_abs()))
        })
    }
}

/// Every column of an object with the expression that its copy takes; by default the column itself.
fn columns(object: &ObjectDef, source: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    object
        .fields
        .iter()
        .filter(|field| field.kind != FieldType::Id || field.name == "Id")
        .map(|field| (quoted(&field.name), source(&field.name).unwrap_or_else(|| quoted(&field.name))))
        .collect()
}
