//! Tables and statements that follow from the schema.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};

/// Objects of few records, to each of which many others refer.
const CATALOGUE: [&str; 3] = ["Pricebook2", "PricebookEntry", "Product2"];

/// How many prepared statements a connection keeps; more than the distinct statements of a busy org.
const STATEMENTS: usize = 512;

/// The statements of one object that are needed for every record, built once.
#[derive(Debug)]
pub(super) struct ObjectSql {
    /// All columns of the record with id `?1`, in the order of the object's fields.
    pub(super) select: String,
    /// Inserts all columns, in the order of the object's fields.
    pub(super) insert: String,
    /// By index of a unique field: ids of live records with value `?1` in it, at most two; empty for other fields.
    pub(super) sharing: Vec<String>,
    /// Whether records of other objects can be its records' children, and so look at them.
    pub(super) is_parent: bool,
}

impl ObjectSql {
    pub(super) fn new(schema: &Schema, object: &ObjectDef) -> Self {
        let columns: Vec<String> = object.fields.iter().map(|field| quoted(&field.name)).collect();
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
        let (table, columns, places) = (quoted(&object.name), columns.join(", "), places.join(", "));
        let sharing = |field: &FieldDef| if field.unique { ids_with(object, field, 2) } else { String::new() };
        Self {
            is_parent: schema.children_of(&object.name).next().is_some(),
            sharing: object.fields.iter().map(sharing).collect(),
            select: format!("SELECT {columns} FROM {table} WHERE \"Id\" = ?1"),
            insert: format!("INSERT INTO {table} ({columns}) VALUES ({places})"),
        }
    }
}

/// Writes these fields, in this order, of the record whose id is the last value.
pub(super) fn update(object: &ObjectDef, fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("{} = ?", quoted(field))).collect();
    format!("UPDATE {} SET {} WHERE \"Id\" = ?", quoted(&object.name), fields.join(", "))
}

/// Ids of live records with value `?1` in the field, at most `limit`.
pub(super) fn ids_with(object: &ObjectDef, field: &FieldDef, limit: u32) -> String {
    let collation = if ignores_case(field) { " COLLATE NOCASE" } else { "" };
    let (table, column) = (quoted(&object.name), quoted(&field.name));
    format!(
        "SELECT \"Id\" FROM {table} WHERE {column} = ?1{collation} AND \"IsDeleted\" = 0 ORDER BY \"Id\" LIMIT {limit}"
    )
}

/// An identifier as SQL wants it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Opens a database file, or one in memory.
pub(super) fn connect(file: Option<&Path>) -> rusqlite::Result<Connection> {
    let connection = match file {
        None => Connection::open_in_memory()?,
        Some(path) => {
            let connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // With WAL this can lose the last commits in a power cut, never the database.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection
        }
    };
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // In KiB when negative.
    connection.pragma_update(None, "cache_size", -65_536)?;
    // Plans do not look at bound values. Else SQLite prepares a statement anew where a value could lead to another plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Creates the tables, columns and indexes that the schema has and the database has not. Tells whether the database was
/// empty.
pub(super) fn migrate(connection: &Connection, schema: &Schema) -> rusqlite::Result<bool> {
    let is_new = columns_of(connection, "Organization")?.is_empty();
    connection.execute_batch(
        "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS \"_Sequence\" (name TEXT PRIMARY KEY, next INTEGER NOT NULL); \
         CREATE TABLE IF NOT EXISTS \"_Note\" (key TEXT PRIMARY KEY, text TEXT NOT NULL)",
    )?;
    create(connection, schema)?;
    connection.execute_batch("COMMIT")?;
    Ok(is_new)
}

/// Creates the tables, columns and indexes that are missing, in the transaction that is open.
pub(super) fn create(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    for object in schema.objects().filter(|object| !object.is_event()) {
        create_table(connection, object)?;
        for field in object.fields.iter().filter(|field| is_indexed(object, field)) {
            connection.execute(&index_of(object, field), [])?;
        }
    }
    Ok(())
}

/// Drops the tables and columns of custom objects and fields that a new schema has no longer.
pub(super) fn drop_gone(connection: &Connection, old: &Schema, new: &Schema) -> rusqlite::Result<()> {
    for object in old.objects().filter(|object| !object.is_event()) {
        let Some(kept) = new.object(&object.name) else {
            connection.execute(&format!("DROP TABLE IF EXISTS {}", quoted(&object.name)), [])?;
            continue;
        };
        for field in object.fields.iter().filter(|field| field.is_custom() && kept.field(&field.name).is_none()) {
            let index = quoted(&format!("{}.{}", object.name, field.name));
            connection.execute(&format!("DROP INDEX IF EXISTS {index}"), [])?;
            let (table, column) = (quoted(&object.name), quoted(&field.name));
            connection.execute(&format!("ALTER TABLE {table} DROP COLUMN {column}"), [])?;
        }
    }
    Ok(())
}

fn create_table(connection: &Connection, object: &ObjectDef) -> rusqlite::Result<()> {
    let existing = columns_of(connection, &object.name)?;
    let mut columns: Vec<(String, String)> =
        object.fields.iter().map(|field| (field.name.clone(), column(field))).collect();
    if object.field("IsDeleted").is_none() {
        columns.push(("IsDeleted".to_owned(), "\"IsDeleted\" INTEGER NOT NULL DEFAULT 0".to_owned()));
    }
    let table = quoted(&object.name);
    if existing.is_empty() {
        let definitions: Vec<String> = columns.into_iter().map(|(_, definition)| definition).collect();
        connection.execute(&format!("CREATE TABLE {table} ({})", definitions.join(", ")), [])?;
        return Ok(());
    }
    for (_, definition) in columns.into_iter().filter(|(name, _)| !existing.contains(&name.to_ascii_lowercase())) {
        connection.execute(&format!("ALTER TABLE {table} ADD COLUMN {definition}"), [])?;
    }
    Ok(())
}

/// Names of a table's columns in lower case; empty when there is no such table.
fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare("SELECT lower(name) FROM pragma_table_info(?1)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

fn column(field: &FieldDef) -> String {
    let kind = match field.kind {
        FieldType::Id => "TEXT PRIMARY KEY NOT NULL",
        FieldType::Boolean => "INTEGER NOT NULL DEFAULT 0",
        FieldType::Int => "INTEGER",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "REAL",
        _ => "TEXT",
    };
    format!("{} {kind}", quoted(&field.name))
}

/// References, for child relationships and cascades, and what records are found by. Who owns, created or changed a record
/// is not worth the cost, nor is what a line sells: such a value is that of so many records that a search gains little,
/// and each new record goes somewhere into the middle.
fn is_indexed(object: &ObjectDef, field: &FieldDef) -> bool {
    let of_catalogue = |name: &String| CATALOGUE.contains(&name.as_str());
    match field.kind {
        FieldType::Id => false,
        FieldType::Reference if matches!(field.name.as_str(), "CreatedById" | "LastModifiedById" | "OwnerId") => false,
        FieldType::Reference => {
            let is_of_catalogue = !field.reference_to.is_empty() && field.reference_to.iter().all(of_catalogue);
            field.is_custom() || of_catalogue(&object.name) || !is_of_catalogue
        }
        _ => field.is_id_lookup(),
    }
}

/// Without nulls, which are most of the values of many lookups and are never looked for. Uniqueness is not the index's
/// business: a record in the recycle bin may share a value, and the check must name the other record.
pub(super) fn index_of(object: &ObjectDef, field: &FieldDef) -> String {
    let collation = if ignores_case(field) { " COLLATE NOCASE" } else { "" };
    let (name, column) = (quoted(&format!("{}.{}", object.name, field.name)), quoted(&field.name));
    let table = quoted(&object.name);
    format!("CREATE INDEX IF NOT EXISTS {name} ON {table} ({column}{collation}) WHERE {column} IS NOT NULL")
}

/// Whether equal means equal without regard to case: all text but ids and unique case-sensitive fields.
pub(super) fn ignores_case(field: &FieldDef) -> bool {
    let is_text = !matches!(
        field.kind,
        FieldType::Id
            | FieldType::Reference
            | FieldType::Boolean
            | FieldType::Int
            | FieldType::Double
            | FieldType::Currency
            | FieldType::Percent
            | FieldType::Date
            | FieldType::DateTime
    );
    is_text && !(field.unique && field.case_sensitive)
}
