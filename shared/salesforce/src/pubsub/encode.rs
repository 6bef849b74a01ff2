//! Events to publish: JSON into a payload.

use apache_avro::Schema;
use apache_avro::schema::{NamespaceRef, RecordField, RecordSchema, ResolvedSchema, UnionSchema};
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use thiserror::Error;

use super::EventSchema;
use super::schema::{Names, resolve, short};

/// A field of an event that does not fit the schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{problem}", if field.is_empty() { String::new() } else { format!("{field}: ") })]
pub struct EncodeError {
    /// The field, `Parent.Child` inside a compound one; empty for the event as a whole.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl EncodeError {
    pub(super) fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }
}

impl EventSchema {
    /// Writes a payload. Fields that are left out take their default, or null where that is allowed.
    ///
    /// # Errors
    /// [`EncodeError`] naming the first field that is unknown, missing or of another type.
    pub fn encode(&self, fields: &Map<String, Value>) -> Result<Vec<u8>, EncodeError> {
        let whole = |error: apache_avro::Error| EncodeError::new("", short(&error));
        let resolved = ResolvedSchema::new(self.avro()).map_err(whole)?;
        let Schema::Record(schema) = self.avro() else {
            return Err(EncodeError::new("", "the schema is not a record"));
        };
        let value = record(schema, fields, At { names: resolved.get_names(), namespace: None, path: "" })?;
        let writer = GenericDatumWriter::builder(self.avro()).build().map_err(whole)?;
        writer.write_value_to_vec(value).map_err(whole)
    }

    /// As [`EventSchema::encode`], with the two fields that every platform event has and a publisher must fill:
    /// `CreatedDate`, in milliseconds since 1970, and `CreatedById`.
    ///
    /// # Errors
    /// As [`EventSchema::encode`].
    pub(super) fn encode_platform_event(
        &self,
        fields: &Map<String, Value>,
        created: i64,
        created_by: &str,
    ) -> Result<Vec<u8>, EncodeError> {
        let mut fields = fields.clone();
        for (name, value) in [("CreatedDate", Value::from(created)), ("CreatedById", Value::from(created_by))] {
            if self.field_names().any(|field| field == name) {
                fields.entry(name).or_insert(value);
            }
        }
        self.encode(&fields)
    }
}

/// Where in the event a value stands.
#[derive(Clone, Copy)]
struct At<'a> {
    names: &'a Names<'a>,
    namespace: NamespaceRef<'a>,
    path: &'a str,
}

impl At<'_> {
    fn expected(&self, what: &str, value: &Value) -> EncodeError {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        EncodeError::new(self.path, format!("expected {what}, found {found}"))
    }
}

fn record(schema: &RecordSchema, fields: &Map<String, Value>, at: At<'_>) -> Result<Avro, EncodeError> {
    let inner = |name: &str| if at.path.is_empty() { name.to_owned() } else { format!("{}.{name}", at.path) };
    if let Some(unknown) = fields.keys().find(|name| !schema.fields.iter().any(|field| field.name == **name)) {
        return Err(EncodeError::new(&inner(unknown), "the event has no such field"));
    }
    let name = schema.name.fully_qualified_name(at.namespace);
    let mut values = Vec::with_capacity(schema.fields.len());
    for field in &schema.fields {
        let path = inner(&field.name);
        let at = At { namespace: name.namespace(), path: &path, ..at };
        let value = fields.get(&field.name).or_else(|| absent(field));
        let value = value.ok_or_else(|| EncodeError::new(&path, "is required"))?;
        values.push((field.name.clone(), encode(&field.schema, value, at)?));
    }
    Ok(Avro::Record(values))
}

/// What a field that is left out stands for.
fn absent(field: &RecordField) -> Option<&Value> {
    const NULL: &Value = &Value::Null;
    field.default.as_ref().or_else(|| match &field.schema {
        Schema::Null => Some(NULL),
        Schema::Union(union) => union.variants().iter().any(|variant| matches!(variant, Schema::Null)).then_some(NULL),
        _ => None,
    })
}

fn encode(schema: &Schema, value: &Value, at: At<'_>) -> Result<Avro, EncodeError> {
    let Some(schema) = resolve(schema, at.names, at.namespace) else {
        return Err(EncodeError::new(at.path, "the schema refers to a type that is not there"));
    };
    let int =
        || value.as_i64().and_then(|value| i32::try_from(value).ok()).ok_or_else(|| at.expected("an integer", value));
    let long = || value.as_i64().ok_or_else(|| at.expected("an integer", value));
    let double = || value.as_f64().ok_or_else(|| at.expected("a number", value));
    let text = || value.as_str().ok_or_else(|| at.expected("a text", value));
    let bytes = || STANDARD.decode(text()?).map_err(|_| EncodeError::new(at.path, "expected base64"));
    Ok(match schema {
        Schema::Null if value.is_null() => Avro::Null,
        Schema::Null => return Err(at.expected("null", value)),
        Schema::Boolean => Avro::Boolean(value.as_bool().ok_or_else(|| at.expected("a boolean", value))?),
        Schema::Int => Avro::Int(int()?),
        Schema::Date => Avro::Date(int()?),
        Schema::TimeMillis => Avro::TimeMillis(int()?),
        Schema::Long => Avro::Long(long()?),
        Schema::TimestampMillis => Avro::TimestampMillis(long()?),
        Schema::Float => Avro::Float(narrow(double()?, at)?),
        Schema::Double => Avro::Double(double()?),
        Schema::String => Avro::String(text()?.to_owned()),
        Schema::Bytes => Avro::Bytes(bytes()?),
        Schema::Fixed(fixed) => match bytes()? {
            bytes if bytes.len() == fixed.size => Avro::Fixed(fixed.size, bytes),
            _ => return Err(EncodeError::new(at.path, format!("expected base64 of {} bytes", fixed.size))),
        },
        Schema::Enum(symbols) => {
            let text = text()?;
            let index = symbols.symbols.iter().position(|symbol| symbol == text);
            let index = index.and_then(|index| u32::try_from(index).ok());
            let index =
                index.ok_or_else(|| EncodeError::new(at.path, format!("expected one of {:?}", symbols.symbols)))?;
            Avro::Enum(index, text.to_owned())
        }
        Schema::Array(array) => {
            let items = value.as_array().ok_or_else(|| at.expected("a list", value))?;
            Avro::Array(items.iter().map(|item| encode(&array.items, item, at)).collect::<Result<_, _>>()?)
        }
        Schema::Map(map) => {
            let entries = value.as_object().ok_or_else(|| at.expected("an object", value))?;
            let entries = entries.iter().map(|(name, value)| Ok((name.clone(), encode(&map.types, value, at)?)));
            Avro::Map(entries.collect::<Result<_, EncodeError>>()?)
        }
        Schema::Record(schema) => {
            record(schema, value.as_object().ok_or_else(|| at.expected("an object", value))?, at)?
        }
        Schema::Union(schema) => union(schema, value, at)?,
        _ => return Err(EncodeError::new(at.path, "the type of this field is not supported")),
    })
}

/// The first variant that takes the value.
fn union(schema: &UnionSchema, value: &Value, at: At<'_>) -> Result<Avro, EncodeError> {
    let mut refused = None;
    for (index, variant) in schema.variants().iter().enumerate() {
        let nothing = matches!(variant, Schema::Null);
        if nothing != value.is_null() {
            continue;
        }
        match encode(variant, value, at) {
            Ok(value) => {
                let index = u32::try_from(index).map_err(|_| EncodeError::new(at.path, "has too many variants"))?;
                return Ok(Avro::Union(index, Box::new(value)));
            }
            // Fields of two variants are confusing; the first is the usual one.
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| at.expected("a value", value)))
}

fn narrow(value: f64, at: At<'_>) -> Result<f32, EncodeError> {
    #[expect(clippy::cast_possible_truncation, reason = "single precision is what the schema asks for")]
    let narrowed = value as f32;
    if narrowed.is_finite() { Ok(narrowed) } else { Err(EncodeError::new(at.path, "the number is too big")) }
}

#[cfg(test)]
mod tests;
