//! Platform events (Metadata API Developer Guide, CustomObject of a platform event).

use std::path::Path;

use super::error::MetadataError;
use super::xml::{required, text, with_root};
use crate::schema::{FieldDef, FieldType, ObjectDef, Publish, Schema};

pub(super) const SUFFIX: &str = ".object-meta.xml";

/// Platform events of an org at most, for which ids have prefixes: `e00` to `ezz`.
const MAX_EVENTS: usize = 62 * 62;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Adds a platform event to the schema; false when the object is another one.
pub(super) fn add(path: &Path, schema: &mut Schema) -> Result<bool, MetadataError> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = file.strip_suffix(SUFFIX).unwrap_or(file);
    if !name.ends_with("__e") {
        return Ok(false);
    }
    let number = schema.objects().filter(|object| object.is_event()).count();
    if number >= MAX_EVENTS {
        return Err(MetadataError::invalid(path, format!("at most {MAX_EVENTS} platform events are possible")));
    }
    let event = with_root(path, "CustomObject", |node| {
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
            key_prefix: prefix(number),
            fields: standard_fields(),
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
