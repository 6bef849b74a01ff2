//! Avro schemas of events, and what is written in them.

use std::fmt;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes of a schema's id before they are written in base64url, which makes 22 characters of them.
const ID_BYTES: usize = 16;

/// Why something cannot be written or read in Avro.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AvroError {
    /// The schema itself is none.
    #[error("the definition is no Avro schema")]
    Schema(#[source] Box<apache_avro::Error>),
    /// A value does not fit the schema.
    #[error("the event does not fit its schema")]
    Write(#[source] Box<apache_avro::Error>),
    /// Bytes are not written in the schema.
    #[error("the payload is not written in its schema")]
    Read(#[source] Box<apache_avro::Error>),
    /// More bytes than the schema reads.
    #[error("the payload has {0} bytes too many")]
    TooLong(usize),
}

/// The schema of an event.
pub(crate) struct EventSchema {
    id: String,
    json: String,
    avro: apache_avro::Schema,
}

impl EventSchema {
    /// The schema of this definition.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn new(json: String) -> Result<Self, AvroError> {
        let avro = apache_avro::Schema::parse_str(&json).map_err(|error| AvroError::Schema(Box::new(error)))?;
        let hash = Sha256::digest(json.as_bytes());
        let id = BASE64_URL_SAFE_NO_PAD.encode(hash.get(..ID_BYTES).unwrap_or_default());
        Ok(Self { id, json, avro })
    }

    /// Its id: the same definition always has the same.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The name of the event.
    pub(crate) fn name(&self) -> Option<&str> {
        self.avro.name().map(|name| name.name())
    }

    /// The definition.
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// Writes an event.
    ///
    /// # Errors
    /// When it does not fit.
    pub(crate) fn write(&self, event: Value) -> Result<Vec<u8>, AvroError> {
        let write = || GenericDatumWriter::builder(&self.avro).build()?.write_value_to_vec(event);
        write().map_err(|error| AvroError::Write(Box::new(error)))
    }

    /// Reads an event, which must be the whole of `payload`.
    ///
    /// # Errors
    /// When it is not written in this schema.
    pub(crate) fn read(&self, mut payload: &[u8]) -> Result<Value, AvroError> {
        let read = |payload| GenericDatumReader::builder(&self.avro).build()?.read_value(payload);
        let event = read(&mut payload).map_err(|error| AvroError::Read(Box::new(error)))?;
        if payload.is_empty() { Ok(event) } else { Err(AvroError::TooLong(payload.len())) }
    }
}

impl fmt::Debug for EventSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSchema").field("id", &self.id).finish_non_exhaustive()
    }
}
