//! Custom fields (Metadata API Developer Guide, CustomField).

use std::path::Path;

use roxmltree::Node;

use super::error::MetadataError;
use super::source::{Source, check_name};
use super::xml::{children, required, required_value, text, value, with_root};
use crate::schema::{FieldDef, FieldType, OnDelete, Schema};

/// Types of custom fields that a local org knows.
pub(super) const TYPES: [&str; 17] = [
    "Text",
    "TextArea",
    "LongTextArea",
    "Html",
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
    "MasterDetail",
    "AutoNumber",
];

/// Fields of an object at most (Salesforce Developer Limits: 800 custom ones).
const MAX_FIELDS: usize = 900;

/// Adds the field to its object and returns `Object.Field__c`; `None` when the object, the field's type or the change of
/// a standard field is not supported.
pub(super) fn add(source: &Source, schema: &mut Schema) -> Result<Option<String>, MetadataError> {
    let path = source.path.as_path();
    let Some(object) = source.object.as_deref().and_then(|name| schema.object(name)) else { return Ok(None) };
    let Some(field) = with_root(source, "CustomField", |node| read(path, node))? else { return Ok(None) };
    if field.name != source.name {
        return Err(MetadataError::invalid(path, format!("fullName {} is not the name of the file", field.name)));
    }
    check_name(path, &field.name)?;
    let is_detail = with_root(source, "CustomField", |node| Ok(text(node, "type") == Some("MasterDetail")))?;
    let known = object.field(&field.name);
    if known.is_none() && object.fields.len() >= MAX_FIELDS {
        return Err(MetadataError::invalid(path, format!("{} has {MAX_FIELDS} fields already", object.name)));
    }
    for parent in &field.reference_to {
        // What the org lacks may come from a package; a lookup to it holds any id.
        if is_detail && schema.object(parent).is_none() {
            return Err(MetadataError::invalid(path, format!("referenceTo: no CustomObject named {parent} found")));
        }
    }
    if let Some(known) = known.filter(|known| stored_otherwise(known.kind, field.kind)) {
        let problem = format!("Cannot change the type of {} from {:?} to {:?}", field.name, known.kind, field.kind);
        return Err(MetadataError::invalid(path, problem));
    }
    let name = format!("{}.{}", object.name, field.name);
    let Some(object) = source.object.as_deref().and_then(|name| schema.object_mut(name)) else { return Ok(None) };
    match object.fields.iter_mut().find(|other| other.name.eq_ignore_ascii_case(&field.name)) {
        Some(other) => *other = field,
        None => object.fields.push(field),
    }
    if is_detail && object.is_custom() {
        // Details belong to whom their master belongs to.
        object.fields.retain(|field| field.name != "OwnerId");
    }
    Ok(Some(name))
}

/// Whether values of one type are stored in another way than those of the other. An org converts some of them, too; here
/// none are.
fn stored_otherwise(old: FieldType, new: FieldType) -> bool {
    let storage = |kind| match kind {
        FieldType::Boolean => 0,
        FieldType::Int => 1,
        FieldType::Double | FieldType::Currency | FieldType::Percent => 2,
        FieldType::Date => 3,
        FieldType::DateTime => 4,
        FieldType::Id | FieldType::Reference => 5,
        _ => 6,
    };
    storage(old) != storage(new)
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
        "LongTextArea" | "Html" => plain(FieldType::TextArea, required_value(path, node, "length")?),
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
        "MasterDetail" => FieldDef {
            on_delete: OnDelete::Cascade,
            nillable: false,
            updateable: value(path, node, "reparentableMasterDetail")?,
            ..lookup(path, node, stem, field)?
        },
        "AutoNumber" => numbered(path, required(path, node, "displayFormat")?, FieldDef { length: 30, ..field })?,
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

/// A field that the org numbers.
pub(super) fn numbered(path: &Path, format: &str, field: FieldDef) -> Result<FieldDef, MetadataError> {
    let is_digits = |digits: &str| !digits.is_empty() && digits.len() <= 10 && digits.chars().all(|digit| digit == '0');
    let digits = format.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    if !digits.is_some_and(|(digits, after)| is_digits(digits) && !after.contains('{')) {
        // Formats with dates, {YYYY}, are more than a local org knows.
        return Err(MetadataError::invalid(path, format!("displayFormat cannot be {format:?}")));
    }
    Ok(FieldDef {
        nillable: false,
        createable: false,
        updateable: false,
        defaulted_on_create: true,
        auto_number: Some(format.to_owned()),
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
