//! Fields of objects in Avro: types, what the documentation of a schema calls them, and values.

use apache_avro::types::Value;
use chrono::{DateTime, NaiveDate, NaiveTime};
use rusqlite::types::Value as Stored;
use serde_json::{Map, Value as Json, json};

use crate::id;
use crate::schema::{FieldDef, FieldType};

/// First characters of the ids of custom fields.
const CUSTOM_FIELD: &str = "00N";

/// The namespace of all events.
pub(crate) const NAMESPACE: &str = "com.sforce.eventbus";

/// The Avro type of a field that has a value.
pub(crate) fn type_of(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "boolean",
        FieldType::Int => "int",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "double",
        FieldType::Date | FieldType::DateTime => "long",
        _ => "string",
    }
}

/// What a field is, such as `Data:Currency`; that of a custom field names its id too. `number` tells the custom fields
/// of an object apart.
pub(crate) fn doc_of(field: &FieldDef, number: usize) -> String {
    let kind = match field.name.as_str() {
        "CreatedDate" => return "CreatedDate:DateTime".to_owned(),
        "CreatedById" => return "CreatedBy:EntityId".to_owned(),
        "LastModifiedDate" => return "LastModifiedDate:DateTime".to_owned(),
        "LastModifiedById" => return "LastModifiedBy:EntityId".to_owned(),
        _ => match field.kind {
            FieldType::Id | FieldType::Reference => "ForeignKey:EntityId",
            FieldType::String => "Data:Text",
            FieldType::TextArea => "Data:StringPlusClob",
            FieldType::Email => "Data:Email",
            FieldType::Phone => "Data:Phone",
            FieldType::Url => "Data:Url",
            FieldType::Picklist => "Data:DynamicEnum",
            FieldType::Boolean => "Data:Boolean",
            FieldType::Int => "Data:Integer",
            FieldType::Double => "Data:Double",
            FieldType::Currency => "Data:Currency",
            FieldType::Percent => "Data:Percent",
            FieldType::Date => "Data:DateOnly",
            FieldType::DateTime => "Data:DateTime",
        },
    };
    if !field.is_custom() {
        return kind.to_owned();
    }
    format!("{kind}:{}", id::short(&id::generate(CUSTOM_FIELD, number as u64)))
}

/// A field that may be null.
pub(crate) fn nullable(name: &str, kind: Json, doc: Option<&str>) -> Json {
    let mut field = Map::new();
    field.insert("name".to_owned(), json!(name));
    field.insert("type".to_owned(), json!(["null", kind]));
    if let Some(doc) = doc {
        field.insert("doc".to_owned(), json!(doc));
    }
    field.insert("default".to_owned(), Json::Null);
    Json::Object(field)
}

/// A stored value; `None` where there is none, or none of this type.
pub(crate) fn value(kind: FieldType, stored: &Stored) -> Option<Value> {
    match (kind, stored) {
        (FieldType::Boolean, Stored::Integer(flag)) => Some(Value::Boolean(*flag != 0)),
        (FieldType::Int, Stored::Integer(number)) => i32::try_from(*number).ok().map(Value::Int),
        (FieldType::Double | FieldType::Currency | FieldType::Percent, Stored::Real(number)) => {
            Some(Value::Double(*number))
        }
        (FieldType::Date, Stored::Text(text)) => {
            let day: NaiveDate = text.parse().ok()?;
            Some(Value::Long(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()))
        }
        (FieldType::DateTime, Stored::Text(text)) => {
            let at = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok()?;
            Some(Value::Long(at.timestamp_millis()))
        }
        (_, Stored::Text(text)) => Some(Value::String(text.clone())),
        _ => None,
    }
}

/// A value of a field that may be null.
pub(crate) fn optional(value: Option<Value>) -> Value {
    match value {
        Some(value) => Value::Union(1, Box::new(value)),
        None => Value::Union(0, Box::new(Value::Null)),
    }
}
