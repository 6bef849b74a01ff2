//! Custom objects (Metadata API Developer Guide, CustomObject). Their fields are files, or elements, of their own.

use std::path::Path;

use roxmltree::Node;

use super::error::MetadataError;
use super::field::numbered;
use super::source::{Source, check_name};
use super::standard::custom;
use super::xml::{children, required, text, with_root};
use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Objects of an org at most (Salesforce Developer Limits: 3,000 custom ones, whatever the edition).
const MAX_OBJECTS: usize = 3_000;

/// Adds a custom object to the schema, or changes its labels and its name field; false when it is another kind of object,
/// such as a standard one, a custom setting or a custom metadata type.
pub(super) fn add(source: &Source, schema: &mut Schema) -> Result<bool, MetadataError> {
    let (path, name) = (source.path.as_path(), source.name.as_str());
    if !name.ends_with("__c") {
        return Ok(false);
    }
    check_name(path, name)?;
    if schema.object(name).is_none() && schema.objects().count() >= MAX_OBJECTS {
        return Err(MetadataError::invalid(path, format!("at most {MAX_OBJECTS} objects are possible")));
    }
    let found = with_root(source, "CustomObject", |node| {
        if text(node, "customSettingsType").is_some() {
            return Ok(None);
        }
        let label = required(path, node, "label")?.to_owned();
        let label_plural = text(node, "pluralLabel").unwrap_or(&label).to_owned();
        let has_owner = text(node, "sharingModel") != Some("ControlledByParent");
        Ok(Some((label, label_plural, has_owner, name_field(path, node)?)))
    })?;
    let Some((label, label_plural, has_owner, name_field)) = found else { return Ok(false) };
    let known = schema.object(name).cloned();
    let mut object = known.unwrap_or_else(|| ObjectDef {
        key_prefix: proposed_prefix(schema, name),
        ..custom(name, has_owner, name_field.clone())
    });
    (object.label, object.label_plural) = (label, label_plural);
    if let Some(field) = object.fields.iter_mut().find(|field| field.name_field) {
        *field = name_field;
    }
    schema.insert(object);
    Ok(true)
}

/// The name field: a text, or a number that the org gives.
fn name_field(path: &Path, node: Node<'_, '_>) -> Result<FieldDef, MetadataError> {
    let Some(node) = children(node, "nameField").next() else {
        return Err(MetadataError::invalid(path, "Must specify a non-empty label for the CustomObject's nameField"));
    };
    let field = FieldDef {
        name: "Name".to_owned(),
        label: required(path, node, "label")?.to_owned(),
        kind: FieldType::String,
        length: 80,
        // Where it is left out, the record's id stands for it.
        defaulted_on_create: true,
        name_field: true,
        ..FieldDef::default()
    };
    match text(node, "type") {
        None | Some("Text") => Ok(field),
        // Without a format it begins to count at once.
        Some("AutoNumber") => numbered(path, text(node, "displayFormat").unwrap_or("{0}"), field),
        Some(other) => Err(MetadataError::invalid(path, format!("the type of nameField cannot be {other:?}"))),
    }
}

/// First characters of the object's ids, which follow from its name, so that they do not depend on what else is deployed;
/// the store sees to it that no two objects have the same.
fn proposed_prefix(schema: &Schema, name: &str) -> String {
    // FNV-1a, which stays the same in all versions of this program.
    let mut hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    for _ in 0..DIGITS.len() * DIGITS.len() {
        let digit = |number: u64| {
            let place = usize::try_from(number % 62).unwrap_or_default();
            DIGITS.get(place).copied().map_or('0', char::from)
        };
        let prefix = format!("a{}{}", digit(hash / 62), digit(hash));
        if schema.object_by_prefix(&prefix).is_none() {
            return prefix;
        }
        hash = hash.wrapping_add(1);
    }
    "a00".to_owned()
}
