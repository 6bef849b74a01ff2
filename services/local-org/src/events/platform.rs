//! Platform events: their schemas, and what of a record becomes an event.

use std::sync::Arc;

use apache_avro::types::Value;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::schema::AvroError;
use super::{Draft, EventSchema, avro};
use crate::schema::{FieldDef, ObjectDef};
use crate::store::Record;

/// The topic and the schema of a platform event.
#[derive(Debug)]
pub(crate) struct PlatformEvent {
    pub(crate) topic: Arc<str>,
    pub(crate) schema: Arc<EventSchema>,
}

impl PlatformEvent {
    /// Those of an object `…__e`.
    ///
    /// # Errors
    /// When its fields make no schema.
    pub(crate) fn of(object: &ObjectDef) -> Result<Self, AvroError> {
        let mut fields = vec![
            json!({"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"}),
            json!({"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"}),
        ];
        for (index, field) in custom_fields(object).enumerate() {
            let doc = avro::doc_of(field, index + 1);
            fields.push(avro::nullable(&field.name, json!(avro::type_of(field.kind)), Some(&doc)));
        }
        let schema = json!({"type": "record", "name": object.name, "namespace": avro::NAMESPACE, "fields": fields});
        Ok(Self {
            topic: format!("/event/{}", object.name).into(),
            schema: Arc::new(EventSchema::new(schema.to_string())?),
        })
    }

    /// The event that a user publishes with these values.
    ///
    /// # Errors
    /// When they do not fit the schema.
    pub(crate) fn draft(
        &self,
        object: &ObjectDef,
        values: &Record<'_>,
        user_id: &str,
        at: DateTime<Utc>,
    ) -> Result<Draft, AvroError> {
        let mut fields = vec![
            ("CreatedDate".to_owned(), Value::Long(at.timestamp_millis())),
            ("CreatedById".to_owned(), Value::String(user_id.to_owned())),
        ];
        for field in custom_fields(object) {
            let value = values.get(&field.name).and_then(|stored| avro::value(field.kind, stored));
            fields.push((field.name.clone(), avro::optional(value)));
        }
        Ok(Draft {
            id: Uuid::new_v4().to_string(),
            topic: Arc::clone(&self.topic),
            schema: Arc::clone(&self.schema),
            payload: self.schema.write(Value::Record(fields))?,
        })
    }
}

fn custom_fields(object: &ObjectDef) -> impl Iterator<Item = &FieldDef> {
    object.fields.iter().filter(|field| field.is_custom())
}
