//! Events as JSON, for people and for Flows.

use apache_avro::types::Value;
use serde_json::{Map, Number, Value as Json};

/// An event's value without unions: what is null is null, whatever else it could be.
pub(crate) fn of(value: &Value) -> Json {
    match value {
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::Long(number) => Json::from(*number),
        Value::Float(number) => Number::from_f64((*number).into()).map_or(Json::Null, Json::Number),
        Value::Double(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::String(text) | Value::Enum(_, text) => Json::String(text.clone()),
        Value::Union(_, value) => of(value),
        Value::Array(items) => items.iter().map(of).collect(),
        Value::Record(fields) => Json::Object(fields.iter().map(|(name, value)| (name.clone(), of(value))).collect()),
        // No event of an org has values of other types.
        _ => Json::Null,
    }
}

/// The same, without fields that are null.
pub(crate) fn without_nulls(value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Json::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect::<Map<_, _>>())
        }
        other => other,
    }
}
