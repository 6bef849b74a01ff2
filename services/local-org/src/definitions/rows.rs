//! The records.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::deployed::Deployed;
use super::names::{data_type, developer_name, id_of, value_type};
use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};

/// Values by field.
type Row = Vec<(&'static str, Value)>;

/// Makes the tables.
pub(super) fn create(connection: &Connection, definitions: &Schema) -> rusqlite::Result<()> {
    for object in definitions.objects() {
        let columns: Vec<String> = object
            .fields
            .iter()
            .map(|field| {
                let kind = match field.kind {
                    FieldType::Boolean => "INTEGER NOT NULL DEFAULT 0",
                    FieldType::Int => "INTEGER",
                    FieldType::Double => "REAL",
                    _ => "TEXT",
                };
                format!("\"{}\" {kind}", field.name)
            })
            .collect();
        connection.execute(&format!("CREATE TABLE \"{}\" ({})", object.name, columns.join(", ")), ())?;
    }
    Ok(())
}

/// Fills them.
pub(super) fn insert(
    connection: &Connection,
    schema: &Schema,
    sees: &dyn Fn(&ObjectDef, &FieldDef) -> bool,
) -> rusqlite::Result<()> {
    for object in schema.objects() {
        // Whoever sees an object sees its id at least.
        if !object.fields.first().is_some_and(|id| sees(object, id)) {
            continue;
        }
        add(connection, "EntityDefinition", &entity(object))?;
        if object.is_custom() {
            add(connection, "CustomObject", &custom_object(object))?;
        }
        for field in object.fields.iter().filter(|field| sees(object, field)) {
            add(connection, "FieldDefinition", &field_row(object, field))?;
            if field.is_custom() {
                add(connection, "CustomField", &custom_field(object, field))?;
            }
        }
    }
    Ok(())
}

/// Fills those of what was deployed.
pub(super) fn insert_deployed(connection: &Connection, deployed: &[Deployed]) -> rusqlite::Result<()> {
    deployed.iter().try_for_each(|found| add(connection, found.type_name, &deployed_row(found)))
}

fn deployed_row(found: &Deployed) -> Row {
    // A rule's full name begins with that of its object.
    let name = found.name.rsplit('.').next().unwrap_or_default();
    // As the store has moments, so that conditions compare them.
    let at = |moment: &str| Value::Text(moment.replace('Z', "+0000"));
    let mut row = vec![
        ("Id", text(&found.id)),
        ("Name", text(name)),
        ("ManageableState", text("unmanaged")),
        ("CreatedDate", at(&found.created)),
        ("LastModifiedDate", at(&found.modified)),
    ];
    if !matches!(found.type_name, "ApexClass" | "ApexTrigger") {
        row.extend([("DeveloperName", text(name)), ("MasterLabel", text(name))]);
        return row;
    }
    let body = found.body.as_deref().unwrap_or_default();
    row.extend([
        ("Status", text("Active")),
        // Nobody has compiled it.
        ("IsValid", flag(false)),
        ("Body", text(body)),
        // With its comments: nobody reads it.
        ("LengthWithoutComments", Value::Integer(i64::try_from(body.chars().count()).unwrap_or(i64::MAX))),
        ("ApiVersion", found.api_version.map_or(Value::Null, Value::Real)),
        ("SystemModstamp", at(&found.modified)),
    ]);
    row
}

fn add(connection: &Connection, table: &str, row: &Row) -> rusqlite::Result<()> {
    let names: Vec<String> = row.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let places = vec!["?"; row.len()].join(", ");
    let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({places})", names.join(", "));
    connection.prepare_cached(&sql)?.execute(params_from_iter(row.iter().map(|(_, value)| value)))?;
    Ok(())
}

fn entity(object: &ObjectDef) -> Row {
    let stored = !object.is_event();
    vec![
        ("Id", text(&object.name)),
        ("DurableId", text(&durable_id(object))),
        ("QualifiedApiName", text(&object.name)),
        ("DeveloperName", text(developer_name(&object.name))),
        ("MasterLabel", text(&object.label)),
        ("Label", text(&object.label)),
        ("PluralLabel", text(&object.label_plural)),
        ("KeyPrefix", text(&object.key_prefix)),
        ("InternalSharingModel", text("ReadWrite")),
        ("IsCustomizable", flag(object.writable)),
        ("IsQueryable", flag(stored)),
        ("IsRetrieveable", flag(stored)),
        ("IsSearchable", flag(stored && object.writable)),
        ("IsLayoutable", flag(stored && object.writable)),
        ("IsTriggerable", flag(object.writable)),
        ("IsApexTriggerable", flag(object.writable)),
        ("IsReplicateable", flag(stored && object.field("SystemModstamp").is_some())),
    ]
}

fn field_row(object: &ObjectDef, field: &FieldDef) -> Row {
    let name = if field.is_custom() {
        format!("{}.{}", durable_id(object), crate::id::short(&id_of("00N", &full_name(object, field))))
    } else {
        format!("{}.{}", durable_id(object), field.name)
    };
    vec![
        ("Id", text(&full_name(object, field))),
        ("DurableId", text(&name)),
        ("QualifiedApiName", text(&field.name)),
        ("DeveloperName", text(developer_name(&field.name))),
        ("MasterLabel", text(&field.label)),
        ("Label", text(&field.label)),
        ("DataType", text(&data_type(object, field))),
        ("ValueTypeId", text(value_type(field.kind))),
        ("Length", Value::Integer(field.length.into())),
        ("Precision", Value::Integer(field.precision.into())),
        ("Scale", Value::Integer(field.scale.into())),
        ("IsNillable", flag(field.nillable)),
        ("IsIndexed", flag(field.is_id_lookup() || field.kind == FieldType::Reference)),
        ("IsNameField", flag(field.name_field)),
        ("RelationshipName", field.relationship_name.as_deref().map_or(Value::Null, text)),
        ("EntityDefinitionId", text(&object.name)),
    ]
}

fn custom_object(object: &ObjectDef) -> Row {
    vec![
        ("Id", text(&id_of("01I", &object.name))),
        ("DeveloperName", text(developer_name(&object.name))),
        ("SharingModel", text("ReadWrite")),
        ("ManageableState", text("unmanaged")),
    ]
}

fn custom_field(object: &ObjectDef, field: &FieldDef) -> Row {
    let number = |digits: u8| if digits > 0 { Value::Integer(digits.into()) } else { Value::Null };
    vec![
        ("Id", text(&id_of("00N", &full_name(object, field)))),
        ("DeveloperName", text(developer_name(&field.name))),
        ("FullName", text(&full_name(object, field))),
        ("TableEnumOrId", text(&durable_id(object))),
        ("Length", if field.length > 0 { Value::Integer(field.length.into()) } else { Value::Null }),
        ("Precision", number(field.precision)),
        ("Scale", number(field.scale)),
        ("ManageableState", text("unmanaged")),
        ("EntityDefinitionId", text(&object.name)),
    ]
}

/// The name of a standard object, and the id of a custom one with 15 characters.
fn durable_id(object: &ObjectDef) -> String {
    if object.is_custom() { crate::id::short(&id_of("01I", &object.name)).to_owned() } else { object.name.clone() }
}

fn full_name(object: &ObjectDef, field: &FieldDef) -> String {
    format!("{}.{}", object.name, field.name)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn flag(flag: bool) -> Value {
    Value::Integer(flag.into())
}
