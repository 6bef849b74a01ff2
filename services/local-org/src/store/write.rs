//! Create and update: from what the caller sent to what is stored.

use std::rc::Rc;

use rusqlite::types::Value as Stored;
use serde_json::{Map, Value};

use super::tx::Tx;
use super::{Record, checks, convert, rules};
use crate::error::ApiError;
use crate::id;
use crate::schema::{FieldDef, FieldType, ObjectDef};

/// The field with the user who owns a record.
const OWNER: &str = "OwnerId";

impl<'a> Tx<'a> {
    /// The caller's fields for a create, converted; what may not be set on create is refused.
    pub(super) fn given_on_create(
        &mut self,
        object: &'a ObjectDef,
        fields: &Map<String, Value>,
    ) -> Result<Record<'a>, ApiError> {
        if fields.keys().any(|name| name.eq_ignore_ascii_case("Id")) {
            let message = "cannot specify Id in an insert call";
            return Err(ApiError::new(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message).with_fields(["Id"]));
        }
        self.given(object, fields, |field| field.createable)
    }

    /// The caller's fields for an update, converted; what may not be set on update is refused.
    pub(super) fn given_on_update(
        &mut self,
        object: &'a ObjectDef,
        fields: &Map<String, Value>,
    ) -> Result<Record<'a>, ApiError> {
        if fields.keys().any(|name| name.eq_ignore_ascii_case("Id")) {
            let message = "The Id field should not be specified in the sobject data.";
            return Err(ApiError::new(400, "INVALID_FIELD", message));
        }
        self.given(object, fields, |field| field.updateable)
    }

    fn given(
        &mut self,
        object: &'a ObjectDef,
        fields: &Map<String, Value>,
        settable: impl Fn(&FieldDef) -> bool,
    ) -> Result<Record<'a>, ApiError> {
        let mut given = Vec::with_capacity(fields.len());
        for (name, value) in fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("attributes")) {
            let field = match object.field(name) {
                Some(field) => field,
                None if value.is_object() || value.is_null() => parent_field(object, name)?,
                None => return Err(ApiError::no_such_field(&object.name, name)),
            };
            if !self.visible(object, field) {
                return Err(ApiError::no_such_field(&object.name, name));
            }
            given.push((field, value));
        }
        let refused = given.iter().filter(|(field, _)| !settable(field) || !self.access.edits(object, field));
        let refused: Vec<&str> = refused.map(|(field, _)| field.name.as_str()).collect();
        if !refused.is_empty() {
            return Err(not_settable(refused));
        }
        let mut record = Record::default();
        for (field, value) in given {
            let stored = match value {
                Value::Object(key) if field.kind == FieldType::Reference => self.parent_by_key(field, key)?,
                _ => convert::to_stored(&self.catalog.schema, field, value)?,
            };
            if field.name == OWNER && stored == Stored::Null {
                // Seen on a real org, which takes no default for an owner that is null.
                let message = "Owner ID: owner cannot be blank";
                return Err(ApiError::new(400, "INVALID_CROSS_REFERENCE_KEY", message).with_fields([OWNER]));
            }
            record.set(&field.name, stored);
        }
        Ok(record)
    }

    /// Refuses a field that the actor may see but not set.
    pub(super) fn settable(&self, object: &ObjectDef, field: &FieldDef) -> Result<(), ApiError> {
        if self.access.edits(object, field) { Ok(()) } else { Err(not_settable(vec![&field.name])) }
    }

    /// The parent that `{"Ext__c": "value"}` names.
    fn parent_by_key(&mut self, field: &FieldDef, key: &Map<String, Value>) -> Result<Stored, ApiError> {
        let named = key.get("attributes").and_then(|attributes| attributes.get("type")).and_then(Value::as_str);
        let target = named.or(field.reference_to.first().map(String::as_str)).unwrap_or_default();
        let target = self.readable(target)?;
        let mut keys = key.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("attributes"));
        let (Some((name, value)), None) = (keys.next(), keys.next()) else {
            let message = format!("The {} relationship must be given by exactly one external ID field", field.name);
            return Err(ApiError::new(400, "INVALID_FIELD", message).with_fields([&field.name]));
        };
        let key = self.lookup_field(target, name)?;
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        match self.find_one(target, key, &value)? {
            Some(id) => Ok(Stored::Text(id)),
            None => {
                let (key, target) = (&key.name, &target.name);
                let message = format!("Foreign key external ID: {value} not found for field {key} in entity {target}");
                Err(ApiError::new(400, "INVALID_FIELD", message).with_fields::<String>([]))
            }
        }
    }

    /// Completes, checks and writes a new record, and does what follows from it.
    pub(crate) fn insert(&mut self, object: &'a ObjectDef, mut record: Record<'a>) -> Result<String, ApiError> {
        self.check_references(object, &record)?;
        self.fill_in_defaults(object, &mut record)?;
        let rules = rules::of(&object.name);
        rules.before_create(self, &mut record)?;
        checks::required(object, &record)?;
        self.check_unique(object, &record, None)?;
        let (id, record) = self.write_new(object, record)?;
        rules.after_create(self, &record)?;
        Ok(id)
    }

    /// Gives a record its id and auto-numbers and writes it, without any rule. Gives the id, and the record with all its
    /// fields.
    fn write_new(
        &mut self,
        object: &'a ObjectDef,
        mut record: Record<'a>,
    ) -> Result<(String, Rc<Record<'a>>), ApiError> {
        let id = id::generate(&object.key_prefix, self.next_number(&object.name));
        record.set("Id", id.clone());
        for field in &object.fields {
            if let Some(format) = &field.auto_number {
                let number = self.next_number(&format!("{}.{}", object.name, field.name));
                record.set(&field.name, auto_number(format, number));
            } else if field.name_field && object.is_custom() && record.is_empty(&field.name) {
                record.set(&field.name, id.clone());
            }
        }
        let empty = |field: &FieldDef| if field.kind == FieldType::Boolean { Stored::Integer(0) } else { Stored::Null };
        let record = Rc::new(record.whole(&object.fields, empty));
        self.known(&self.sql(object)?.insert, |statement| {
            for (index, (_, value)) in record.values().iter().enumerate() {
                statement.raw_bind_parameter(index + 1, value)?;
            }
            statement.raw_execute()
        })?;
        self.wrote(object);
        self.touch_new(object, &id);
        let values = record.values().iter().zip(&object.fields);
        if self.sql(object)?.is_parent && values.into_iter().all(|((_, value), field)| convert::is_kept(field, value)) {
            self.loaded.put(&id, &record);
        }
        Ok((id, record))
    }

    /// Owner, audit fields and default values. An explicit null counts as a value where null is allowed.
    pub(super) fn fill_in_defaults(&self, object: &'a ObjectDef, record: &mut Record<'a>) -> Result<(), ApiError> {
        for field in &object.fields {
            match record.get(&field.name) {
                None => {}
                Some(Stored::Null) if !field.nillable => {}
                Some(_) => continue,
            }
            match field.name.as_str() {
                "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => record.set(&field.name, self.stamp.clone()),
                "CreatedById" | "LastModifiedById" | "OwnerId" => {
                    record.set(&field.name, self.actor.user_id.clone());
                }
                _ => {
                    if let Some(default) = &field.default_value {
                        let value = Value::String(default.clone());
                        record.set(&field.name, convert::to_stored(&self.catalog.schema, field, &value)?);
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks and writes changes of a live record, and does what follows from them.
    pub(super) fn change(
        &mut self,
        object: &'a ObjectDef,
        id: &str,
        old: &Record<'a>,
        mut changes: Record<'a>,
    ) -> Result<(), ApiError> {
        self.check_references(object, &changes)?;
        let rules = rules::of(&object.name);
        rules.before_update(self, old, &mut changes)?;
        checks::not_cleared(object, &changes)?;
        self.check_unique(object, &changes, Some(id))?;
        self.amend(object, id, changes.clone())?;
        rules.after_update(self, old, &old.changed_by(&changes))
    }

    /// Writes changes of a record, without any rule, and records who made them.
    pub(crate) fn amend(&mut self, object: &'a ObjectDef, id: &str, mut changes: Record<'a>) -> Result<(), ApiError> {
        self.touch(object, id)?;
        changes.set("LastModifiedDate", self.stamp.clone());
        changes.set("LastModifiedById", self.actor.user_id.clone());
        changes.set("SystemModstamp", self.stamp.clone());
        self.updates.run(self.connection, object, id, &changes)?;
        self.loaded.amend(id, &changes);
        self.wrote(object);
        Ok(())
    }
}

fn not_settable(fields: Vec<&str>) -> ApiError {
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
         read/write for your profile or permission set.",
        fields.join(", ")
    );
    ApiError::new(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message).with_fields(fields)
}

/// The reference whose parent the caller names by relationship.
fn parent_field<'s>(object: &'s ObjectDef, relationship: &str) -> Result<&'s FieldDef, ApiError> {
    object
        .fields
        .iter()
        .find(|field| field.relationship_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(relationship)))
        .ok_or_else(|| ApiError::no_such_field(&object.name, relationship))
}

/// `QL-{00000000}` and 7 make `QL-00000007`.
fn auto_number(format: &str, number: u64) -> String {
    let (before, rest) = format.split_once('{').unwrap_or((format, ""));
    let (digits, after) = rest.split_once('}').unwrap_or((rest, ""));
    format!("{before}{number:0width$}{after}", width = digits.len())
}
