//! What definitions call things.

use crate::id;
use crate::schema::{FieldDef, FieldType, ObjectDef, OnDelete};

/// `Rating__c` without its end.
pub(super) fn developer_name(name: &str) -> &str {
    ["__c", "__e"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// Id of a custom object or field. Nothing keeps it, so it is made of the name.
pub(super) fn id_of(prefix: &str, name: &str) -> String {
    // FNV-1a, within the numbers that an id has room for.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    });
    id::generate(prefix, hash % 62_u64.pow(8))
}

/// The type as people write it: `Text(80)`, `Lookup(Account)`.
pub(super) fn data_type(object: &ObjectDef, field: &FieldDef) -> String {
    let FieldDef { length, precision, scale, .. } = field;
    let number = |name: &str| format!("{name}({}, {scale})", precision.saturating_sub(*scale));
    match field.kind {
        _ if field.auto_number.is_some() => "Auto Number".to_owned(),
        FieldType::String if field.name_field && !object.is_custom() => "Name".to_owned(),
        FieldType::Id => "Lookup()".to_owned(),
        FieldType::Reference => {
            let targets = field.reference_to.join(",");
            let detail = field.is_custom() && field.on_delete == OnDelete::Cascade;
            format!("{}({targets})", if detail { "Master-Detail" } else { "Lookup" })
        }
        FieldType::String if field.unique => format!("Text({length}) (Unique)"),
        FieldType::String if field.external_id => format!("Text({length}) (External ID)"),
        FieldType::String => format!("Text({length})"),
        FieldType::TextArea if *length > 255 => format!("Long Text Area({length})"),
        FieldType::TextArea => format!("Text Area({length})"),
        FieldType::Email => "Email".to_owned(),
        FieldType::Phone => "Phone".to_owned(),
        FieldType::Url => format!("URL({length})"),
        FieldType::Picklist => "Picklist".to_owned(),
        FieldType::Boolean => "Checkbox".to_owned(),
        FieldType::Int => format!("Number({precision}, 0)"),
        FieldType::Double => number("Number"),
        FieldType::Currency => number("Currency"),
        FieldType::Percent => number("Percent"),
        FieldType::Date => "Date".to_owned(),
        FieldType::DateTime => "Date/Time".to_owned(),
    }
}

/// The type as the API names it.
pub(super) fn value_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Id | FieldType::Reference => "id",
        FieldType::Boolean => "boolean",
        FieldType::Int => "int",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "double",
        FieldType::Date => "date",
        FieldType::DateTime => "datetime",
        _ => "string",
    }
}
