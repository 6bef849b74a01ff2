//! Custom fields (Metadata API Developer Guide, CustomField).

use std::path::Path;

use roxmltree::Node;

use super::error::MetadataError;
use super::xml::{children, required, required_value, text, value, with_root};
use crate::schema::{FieldDef, FieldType, OnDelete, Schema};

pub(super) const SUFFIX: &str = ".field-meta.xml";

/// Types of custom fields that a local org knows.
pub(super) const TYPES: [&str; 14] = [
    "Text",
    "TextArea",
    "LongTextArea",
    "Email",
    "Phone",
    "Url",
    "Date",
    "DateTime",
    "Number",
    "Currency",
    "Percent",
    "Checkbox",
    "Picklist",
    "Lookup",
];

/// Adds the field to its object and returns `Object.Field__c`; `None` when the object, the field's type or the change of
/// a standard field is not supported.
pub(super) fn add(path: &Path, schema: &mut Schema) -> Result<Option<String>, MetadataError> {
    let folder = path.parent().and_then(Path::parent).and_then(Path::file_name).and_then(|name| name.to_str());
    let Some(object) = folder.and_then(|name| schema.object_mut(name)) else { return Ok(None) };
    let Some(field) = with_root(path, "CustomField", |node| read(path, node))? else { return Ok(None) };
    if path.file_name().and_then(|name| name.to_str()) != Some(&format!("{}{SUFFIX}", field.name)) {
        return Err(MetadataError::invalid(path, format!("fullName {} is not the name of the file", field.name)));
    }
    let name = format!("{}.{}", object.name, field.name);
    match object.fields.iter_mut().find(|other| other.name.eq_ignore_ascii_case(&field.name)) {
        Some(other) => *other = field,
        None => object.fields.push(field),
    }
    Ok(Some(name))
}

fn read(path: &Path, node: Node<'_, '_>) -> Result<Option<FieldDef>, MetadataError> {
    let name = required(path, node, "fullName")?;
    let Some(stem) = name.strip_suffix("__c").filter(|_| text(node, "formula").is_none()) else { return Ok(None) };
    let field = FieldDef {
        name: name.to_owned(),
        label: required(path, node, "label")?.to_owned(),
        length: 0,
        nillable: !value::<bool>(path, node, "required")?,
        external_id: value(path, node, "externalId")?,
        unique: value(path, node, "unique")?,
        case_sensitive: value(path, node, "caseSensitive")?,
        ..FieldDef::default()
    };
    let plain = |kind, length| FieldDef { kind, length, ..field.clone() };
    let number = |kind| {
        let (precision, scale) = (required_value(path, node, "precision")?, required_value(path, node, "scale")?);
        if precision > 18 || scale > precision {
            return Err(MetadataError::invalid(path, "at most 18 digits, scale included, are possible"));
        }
        Ok(FieldDef { kind, precision, scale, ..field.clone() })
    };
    let kind = required(path, node, "type")?;
    if !TYPES.contains(&kind) {
        return Ok(None);
    }
    Ok(Some(match kind {
        "Text" => {
            let length = required_value(path, node, "length")?;
            if !(1..=255).contains(&length) {
                return Err(MetadataError::invalid(path, "length must be between 1 and 255"));
            }
            plain(FieldType::String, length)
        }
        "TextArea" => plain(FieldType::TextArea, 255),
        "LongTextArea" => plain(FieldType::TextArea, required_value(path, node, "length")?),
        "Email" => plain(FieldType::Email, 80),
        "Phone" => plain(FieldType::Phone, 40),
        "Url" => plain(FieldType::Url, 255),
        "Date" => plain(FieldType::Date, 0),
        "DateTime" => plain(FieldType::DateTime, 0),
        "Number" => number(FieldType::Double)?,
        "Currency" => number(FieldType::Currency)?,
        "Percent" => number(FieldType::Percent)?,
        "Checkbox" => FieldDef {
            kind: FieldType::Boolean,
            nillable: false,
            defaulted_on_create: true,
            default_value: Some(value::<bool>(path, node, "defaultValue")?.to_string()),
            ..field
        },
        "Picklist" => picklist(path, node, field)?,
        "Lookup" => lookup(path, node, stem, field)?,
        _ => return Ok(None),
    }))
}

/// Values of a picklist are its own; those of global value sets are not read, and then any value is accepted.
fn picklist(path: &Path, node: Node<'_, '_>, field: FieldDef) -> Result<FieldDef, MetadataError> {
    let Some(set) = children(node, "valueSet").next() else {
        return Err(MetadataError::invalid(path, "valueSet is missing"));
    };
    let mut values = Vec::new();
    let mut default_value = None;
    for entry in children(set, "valueSetDefinition").flat_map(|definition| children(definition, "value")) {
        let name = required(path, entry, "fullName")?.to_owned();
        if value(path, entry, "default")? {
            default_value = Some(name.clone());
        }
        values.push(name);
    }
    Ok(FieldDef {
        kind: FieldType::Picklist,
        length: 255,
        restricted: value::<bool>(path, set, "restricted")? && !values.is_empty(),
        defaulted_on_create: default_value.is_some(),
        default_value,
        picklist: values,
        ..field
    })
}

fn lookup(path: &Path, node: Node<'_, '_>, stem: &str, field: FieldDef) -> Result<FieldDef, MetadataError> {
    let on_delete = match text(node, "deleteConstraint") {
        None | Some("SetNull") => OnDelete::SetNull,
        Some("Cascade") => OnDelete::Cascade,
        Some("Restrict") => OnDelete::Restrict,
        Some(other) => return Err(MetadataError::invalid(path, format!("deleteConstraint cannot be {other:?}"))),
    };
    Ok(FieldDef {
        kind: FieldType::Reference,
        length: 18,
        reference_to: vec![required(path, node, "referenceTo")?.to_owned()],
        relationship_name: Some(format!("{stem}__r")),
        child_relationship_name: text(node, "relationshipName").map(|name| format!("{name}__r")),
        on_delete,
        ..field
    })
}
