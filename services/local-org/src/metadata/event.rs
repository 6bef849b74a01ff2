//! Platform events (Metadata API Developer Guide, CustomObject of a platform event).

use super::error::MetadataError;
use super::source::{Source, check_name};
use super::xml::{required, text, with_root};
use crate::schema::{FieldDef, FieldType, ObjectDef, Publish, Schema};

/// Platform events of an org at most, for which ids have prefixes: `e00` to `ezz`.
const MAX_EVENTS: usize = 62 * 62;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Adds a platform event to the schema; false when the object is another one. One that is there already keeps its fields.
pub(super) fn add(source: &Source, schema: &mut Schema) -> Result<bool, MetadataError> {
    let (path, name) = (source.path.as_path(), source.name.as_str());
    if !name.ends_with("__e") {
        return Ok(false);
    }
    check_name(path, name)?;
    let number = schema.objects().filter(|object| object.is_event()).count();
    let known = schema.object(name).map(|object| (object.key_prefix.clone(), object.fields.clone()));
    if number >= MAX_EVENTS && known.is_none() {
        return Err(MetadataError::invalid(path, format!("at most {MAX_EVENTS} platform events are possible")));
    }
    let event = with_root(source, "CustomObject", |node| {
        let publish = match text(node, "publishBehavior") {
            Some("PublishAfterCommit") => Publish::AfterCommit,
            None | Some("PublishImmediately") => Publish::Immediately,
            Some(other) => {
                return Err(MetadataError::invalid(path, format!("publishBehavior cannot be {other:?}")));
            }
        };
        let label = required(path, node, "label")?;
        Ok(ObjectDef {
            name: name.to_owned(),
            label: label.to_owned(),
            label_plural: text(node, "pluralLabel").unwrap_or(label).to_owned(),
            key_prefix: known.as_ref().map_or_else(|| prefix(number), |(prefix, _)| prefix.clone()),
            fields: known.map_or_else(standard_fields, |(_, fields)| fields),
            writable: true,
            publish: Some(publish),
        })
    })?;
    schema.insert(event);
    Ok(true)
}

fn prefix(number: usize) -> String {
    let digit = |index: usize| DIGITS.get(index % 62).copied().map_or('0', char::from);
    format!("e{}{}", digit(number / 62), digit(number))
}

/// What every event has; set when it is published.
fn standard_fields() -> Vec<FieldDef> {
    let field = |name: &str, label: &str, kind, length| FieldDef {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        length,
        nillable: false,
        createable: false,
        updateable: false,
        defaulted_on_create: true,
        ..FieldDef::default()
    };
    vec![
        FieldDef { nillable: true, ..field("ReplayId", "Replay ID", FieldType::String, 1_000) },
        field("CreatedDate", "Created Date", FieldType::DateTime, 0),
        FieldDef {
            reference_to: vec!["User".to_owned()],
            relationship_name: Some("CreatedBy".to_owned()),
            ..field("CreatedById", "Created By ID", FieldType::Reference, 18)
        },
        FieldDef { nillable: true, ..field("EventUuid", "Event UUID", FieldType::String, 36) },
    ]
}
