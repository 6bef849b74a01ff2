//! Platform events: their schemas, and what of a record becomes an event.

use std::sync::Arc;

use apache_avro::types::Value;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::schema::AvroError;
use super::{Draft, EventSchema, avro, json};
use crate::record::Record;
use crate::schema::{FieldDef, FieldType, ObjectDef};

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

    /// The custom fields of an event as the REST API takes them.
    pub(crate) fn fields(object: &ObjectDef, event: &Value) -> Map<String, Json> {
        let mut fields = Map::new();
        let Value::Record(values) = event else { return fields };
        for field in custom_fields(object) {
            let value = values.iter().find(|(name, _)| *name == field.name).map(|(_, value)| json::of(value));
            let value = match (field.kind, value) {
                (_, None | Some(Json::Null)) => continue,
                (FieldType::Date, Some(Json::Number(at))) => json!(moment(&at).format("%Y-%m-%d").to_string()),
                (FieldType::DateTime, Some(Json::Number(at))) => {
                    json!(moment(&at).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
                }
                (_, Some(value)) => value,
            };
            fields.insert(field.name.clone(), value);
        }
        fields
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

/// A time in milliseconds; out of range becomes the epoch.
fn moment(at: &serde_json::Number) -> DateTime<Utc> {
    at.as_i64().and_then(DateTime::from_timestamp_millis).unwrap_or_default()
}

fn custom_fields(object: &ObjectDef) -> impl Iterator<Item = &FieldDef> {
    object.fields.iter().filter(|field| field.is_custom())
}
