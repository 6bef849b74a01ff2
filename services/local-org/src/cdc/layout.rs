//! Which fields of an object its change events have, in which order, and which of them are parts of a compound field.

use crate::events::avro;
use crate::schema::{FieldDef, FieldType, ObjectDef};

/// Fields that no change event has: the id is in the header, and the rest is of no replica's concern.
const LEFT_OUT: [&str; 8] = [
    "Id",
    "IsDeleted",
    "SystemModstamp",
    "LastActivityDate",
    "LastViewedDate",
    "LastReferencedDate",
    "HasOpenActivity",
    "HasOverdueTask",
];

const ADDRESS: [(&str, FieldType); 10] = [
    ("Street", FieldType::TextArea),
    ("City", FieldType::String),
    ("State", FieldType::String),
    ("PostalCode", FieldType::String),
    ("Country", FieldType::String),
    ("StateCode", FieldType::String),
    ("CountryCode", FieldType::String),
    ("Latitude", FieldType::Double),
    ("Longitude", FieldType::Double),
    ("GeocodeAccuracy", FieldType::String),
];

const PERSON_NAME: [(&str, FieldType); 6] = [
    ("Salutation", FieldType::Picklist),
    ("FirstName", FieldType::String),
    ("LastName", FieldType::String),
    ("MiddleName", FieldType::String),
    ("InformalName", FieldType::String),
    ("Suffix", FieldType::String),
];

/// The fields of an object's change event behind the header.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(super) fields: Vec<EventField>,
}

/// One field of a change event.
#[derive(Debug)]
pub(super) struct EventField {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) content: Content,
}

/// What a field of a change event holds.
#[derive(Debug)]
pub(super) enum Content {
    /// A field of the object.
    Plain(FieldType),
    /// The name of an Account, which might be a person: a text, in a union that has room for one.
    SwitchableName,
    /// Several fields of the object as one record of this type.
    Compound { record: &'static str, parts: Vec<Part> },
}

/// A part of a compound field.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) kind: FieldType,
    /// The object's field; a compound may have parts that an object has not.
    pub(super) source: Option<String>,
}

impl Layout {
    /// The layout of an object's change events: its fields in their order, compounds where their first part stands.
    pub(super) fn of(object: &ObjectDef) -> Self {
        let mut fields: Vec<EventField> = Vec::new();
        let mut custom = 0;
        for field in object.fields.iter().filter(|field| !LEFT_OUT.contains(&field.name.as_str())) {
            custom += usize::from(field.is_custom());
            let event_field = compound_of(object, field).unwrap_or_else(|| EventField {
                name: field.name.clone(),
                doc: avro::doc_of(field, custom),
                content: Content::Plain(field.kind),
            });
            if fields.iter().all(|other| other.name != event_field.name) {
                fields.push(event_field);
            }
        }
        Self { fields }
    }
}

/// The compound that the field is a part of.
fn compound_of(object: &ObjectDef, field: &FieldDef) -> Option<EventField> {
    let has = |name: &str| object.field(name).is_some();
    if object.name == "Account" && field.name == "Name" {
        let doc = "Data:SwitchablePersonName".to_owned();
        return Some(EventField { name: field.name.clone(), doc, content: Content::SwitchableName });
    }
    if has("FirstName") && has("LastName") && (field.name == "Name" || is_part(&PERSON_NAME, &field.name)) {
        return Some(compound(object, "Name", "", "PersonName", &PERSON_NAME));
    }
    let prefix = ADDRESS.iter().find_map(|(part, _)| field.name.strip_suffix(part))?;
    if prefix.is_empty() || !has(&format!("{prefix}Street")) || !has(&format!("{prefix}City")) {
        return None;
    }
    Some(compound(object, &format!("{prefix}Address"), prefix, "Address", &ADDRESS))
}

fn compound(
    object: &ObjectDef,
    name: &str,
    prefix: &str,
    record: &'static str,
    parts: &[(&'static str, FieldType)],
) -> EventField {
    let part = |&(name, kind): &(&'static str, FieldType)| {
        let source = object.field(&format!("{prefix}{name}")).map(|field| field.name.clone());
        Part { name, kind, source }
    };
    let content = Content::Compound { record, parts: parts.iter().map(part).collect() };
    EventField { name: name.to_owned(), doc: format!("Data:{record}"), content }
}

fn is_part(parts: &[(&str, FieldType)], name: &str) -> bool {
    parts.iter().any(|(part, _)| *part == name)
}
