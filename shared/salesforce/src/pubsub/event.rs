//! Events as a subscriber gets them.

use serde_json::{Map, Value};

use super::bitmap::names;
use super::{ChangeEvent, ChangeEventHeader, DecodeError, EventSchema, ReplayId};

/// The field that makes an event a change event.
const HEADER: &str = "ChangeEventHeader";

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Id of the event, a UUID of its publisher or of Salesforce; may be empty.
    pub id: String,
    /// Its place in the topic. Store it once the event is safe.
    pub replay_id: ReplayId,
    /// Schema it was written with.
    pub schema_id: String,
    /// What it says. An error does not go away by reading the event again.
    pub content: Result<Content, DecodeError>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A change event.
    Change(Box<ChangeEvent>),
    /// Fields of a platform event, `CreatedDate` and `CreatedById` among them.
    Platform(Map<String, Value>),
}

impl Content {
    /// Reads a payload, and in a change event the bitmaps of its header.
    ///
    /// # Errors
    /// [`DecodeError`] when the payload was not written with this schema.
    pub fn read(schema: &EventSchema, payload: &[u8]) -> Result<Self, DecodeError> {
        let mut fields = schema.decode(payload)?;
        // Keeps the order of the other fields.
        let Some(header) = fields.shift_remove(HEADER) else { return Ok(Self::Platform(fields)) };
        let mut header: ChangeEventHeader =
            serde_json::from_value(header).map_err(|error| DecodeError::Header(super::schema::short(&error)))?;
        for (list, bitmaps) in [
            ("nulledFields", &mut header.nulled_fields),
            ("diffFields", &mut header.diff_fields),
            ("changedFields", &mut header.changed_fields),
        ] {
            *bitmaps = names(bitmaps, schema.fields())
                .map_err(|error| DecodeError::Fields { list, reason: error.to_string() })?;
        }
        Ok(Self::Change(Box::new(ChangeEvent { header, fields })))
    }
}

#[cfg(test)]
mod tests;
