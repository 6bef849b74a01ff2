//! Avro schemas, and payloads as JSON.

use std::collections::HashMap;
use std::io::{self, Read};

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::{Name, NamespaceRef, ResolvedSchema};
use apache_avro::types::Value as Avro;
use apache_avro::util::max_allocation_bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::bitmap::Field;

/// Deepest nesting of records, unions, lists and maps that is taken. Salesforce's schemas have five levels.
const MAX_DEPTH: usize = 16;

/// Most bytes that a length in a payload may make the decoder reserve. Events have at most 1 MB.
const MAX_ALLOCATION: usize = 16 * 1024 * 1024;

/// Longest part of a parser's message that goes into an error, in characters.
const MAX_REASON_CHARS: usize = 200;

/// Why an event cannot be read. The event is there and has a place in its topic; only its content is lost.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The schema is not Avro, or not one of an event.
    #[error("the schema cannot be used: {0}")]
    Schema(String),
    /// The service does not give the schema.
    #[error("the schema is not to be had: {0}")]
    NoSchema(String),
    /// The payload does not fit the schema.
    #[error("the payload does not fit its schema: {0}")]
    Payload(String),
    /// The header of a change event lacks something.
    #[error("the header of the change event cannot be read: {0}")]
    Header(String),
    /// A list of fields in the header does not fit the schema.
    #[error("{list} of the change event cannot be read: {reason}")]
    Fields {
        /// The list, such as `changedFields`.
        list: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// The Avro schema of an event. The same id always means the same schema.
#[derive(Debug)]
pub struct EventSchema {
    id: String,
    schema: Schema,
    fields: Vec<Field>,
}

impl EventSchema {
    /// Reads a schema as `GetSchema` gives it.
    ///
    /// A schema that contains itself is refused: a payload of it could be nested without end.
    ///
    /// # Errors
    /// [`DecodeError::Schema`].
    pub fn parse(id: &str, json: &str) -> Result<Self, DecodeError> {
        // The limit is one for the process and set once; the first caller wins.
        max_allocation_bytes(MAX_ALLOCATION);
        let schema = Schema::parse_str(json).map_err(|error| DecodeError::Schema(short(&error)))?;
        let fields = top_level(&schema)?;
        Ok(Self { id: id.to_owned(), schema, fields })
    }

    /// The id it was asked for by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Names of the fields in their order.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(super) fn avro(&self) -> &Schema {
        &self.schema
    }

    /// Reads a payload into JSON: records become objects, unions the value inside, enumerations their symbol, bytes
    /// base64.
    ///
    /// # Errors
    /// [`DecodeError::Payload`] when bytes are missing, left over, or not what the schema says.
    pub fn decode(&self, payload: &[u8]) -> Result<Map<String, Value>, DecodeError> {
        let wrong = |error: apache_avro::Error| DecodeError::Payload(short(&error));
        let mut payload = Payload(payload);
        let reader = GenericDatumReader::builder(&self.schema).build().map_err(wrong)?;
        let value = to_json(reader.read_value(&mut payload).map_err(wrong)?)?;
        if !payload.0.is_empty() {
            return Err(DecodeError::Payload(format!("{} bytes are left over", payload.0.len())));
        }
        match value {
            Value::Object(fields) => Ok(fields),
            _ => Err(DecodeError::Payload("it is not a record".to_owned())),
        }
    }
}

/// Reads bytes and fails at their end. The decoder takes the plain end of a stream for nulls and empty values, so that
/// half an event would pass for a whole one.
struct Payload<'a>(&'a [u8]);

impl Read for Payload<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "bytes are missing"));
        }
        self.0.read(buffer)
    }
}

fn to_json(value: Avro) -> Result<Value, DecodeError> {
    let unsupported = |what: &str| Err(DecodeError::Payload(format!("{what} is not supported")));
    Ok(match value {
        Avro::Null => Value::Null,
        Avro::Boolean(value) => Value::Bool(value),
        Avro::Int(value) | Avro::Date(value) | Avro::TimeMillis(value) => value.into(),
        Avro::Long(value)
        | Avro::TimeMicros(value)
        | Avro::TimestampMillis(value)
        | Avro::TimestampMicros(value)
        | Avro::TimestampNanos(value)
        | Avro::LocalTimestampMillis(value)
        | Avro::LocalTimestampMicros(value)
        | Avro::LocalTimestampNanos(value) => value.into(),
        Avro::Float(value) => number(f64::from(value))?,
        Avro::Double(value) => number(value)?,
        Avro::String(value) | Avro::Enum(_, value) => value.into(),
        Avro::Bytes(value) | Avro::Fixed(_, value) => STANDARD.encode(value).into(),
        Avro::Uuid(value) => value.to_string().into(),
        Avro::BigDecimal(value) => value.to_string().into(),
        Avro::Union(_, value) => to_json(*value)?,
        Avro::Array(values) => values.into_iter().map(to_json).collect::<Result<_, _>>()?,
        Avro::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            object(entries)?
        }
        Avro::Record(fields) => object(fields)?,
        // The value has no scale.
        Avro::Decimal(_) => return unsupported("the type decimal"),
        Avro::Duration(_) => return unsupported("the type duration"),
    })
}

fn object(fields: Vec<(String, Avro)>) -> Result<Value, DecodeError> {
    let fields = fields.into_iter().map(|(name, value)| Ok((name, to_json(value)?)));
    Ok(Value::Object(fields.collect::<Result<_, DecodeError>>()?))
}

fn number(value: f64) -> Result<Value, DecodeError> {
    let number = Number::from_f64(value);
    number.map(Value::Number).ok_or_else(|| DecodeError::Payload("a number is not finite".to_owned()))
}

/// Schemas by name.
pub(super) type Names<'s> = HashMap<Name, &'s Schema>;

/// The schema that a reference stands for; any other stands for itself.
pub(super) fn resolve<'s>(schema: &'s Schema, names: &Names<'s>, namespace: NamespaceRef<'_>) -> Option<&'s Schema> {
    match schema {
        Schema::Ref { name } => names.get(name.fully_qualified_name(namespace).as_ref()).copied(),
        other => Some(other),
    }
}

/// Checks the schema, and lists its fields.
fn top_level(schema: &Schema) -> Result<Vec<Field>, DecodeError> {
    let resolved = ResolvedSchema::new(schema).map_err(|error| DecodeError::Schema(short(&error)))?;
    let names = resolved.get_names();
    let Schema::Record(record) = schema else {
        return Err(DecodeError::Schema("it is not a record".to_owned()));
    };
    check_depth(schema, names, None, MAX_DEPTH)?;
    let namespace = record.name.namespace();
    let fields = record.fields.iter().map(|field| {
        let children = inner_record(&field.schema, names, namespace);
        Field { name: field.name.clone(), children: children.unwrap_or_default() }
    });
    Ok(fields.collect())
}

/// Names of the fields of the record that a field holds, be it in a union or not.
fn inner_record(schema: &Schema, names: &Names<'_>, namespace: NamespaceRef<'_>) -> Option<Vec<String>> {
    match resolve(schema, names, namespace)? {
        Schema::Record(record) => Some(record.fields.iter().map(|field| field.name.clone()).collect()),
        Schema::Union(union) => union.variants().iter().find_map(|variant| match resolve(variant, names, namespace)? {
            Schema::Record(record) => Some(record.fields.iter().map(|field| field.name.clone()).collect()),
            _ => None,
        }),
        _ => None,
    }
}

fn check_depth(
    schema: &Schema,
    names: &Names<'_>,
    namespace: NamespaceRef<'_>,
    left: usize,
) -> Result<(), DecodeError> {
    let Some(left) = left.checked_sub(1) else {
        return Err(DecodeError::Schema("it is nested too deep, or contains itself".to_owned()));
    };
    let Some(schema) = resolve(schema, names, namespace) else {
        return Err(DecodeError::Schema("it refers to a type that is not there".to_owned()));
    };
    match schema {
        Schema::Array(array) => check_depth(&array.items, names, namespace, left),
        Schema::Map(map) => check_depth(&map.types, names, namespace, left),
        Schema::Union(union) => {
            union.variants().iter().try_for_each(|variant| check_depth(variant, names, namespace, left))
        }
        Schema::Record(record) => {
            let name = record.name.fully_qualified_name(namespace);
            record.fields.iter().try_for_each(|field| check_depth(&field.schema, names, name.namespace(), left))
        }
        _ => Ok(()),
    }
}

pub(super) fn short(error: &dyn std::error::Error) -> String {
    crate::Cleaner::default()
        .text(&error.to_string())
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_REASON_CHARS)
        .collect()
}

#[cfg(test)]
mod tests;
