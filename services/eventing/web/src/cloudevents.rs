//! Change events as CloudEvents over HTTP (CloudEvents 1.0, "HTTP Protocol Binding"): structured, batched and binary mode.
//!
//! Read leniently: senders that come from Heroku Events leave `source` and `type` empty and call the structured form
//! `application/json`. What an event means stands in its data alone.

mod change;
#[cfg(test)]
mod tests;

pub(crate) use change::read_change;

use crate::filter::InvalidChange;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::salesforce::pubsub::ChangeEvent;
use utoipa::ToSchema;

/// A CloudEvent in structured mode. Other attributes are not looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CloudEvent {
    /// The change event: its fields, and `ChangeEventHeader`.
    #[schema(required = true, value_type = Object)]
    data: Option<Value>,
    /// The same as base64 of its JSON.
    #[schema(required = false, nullable = false)]
    data_base64: Option<String>,
}

/// A CloudEvent, for the document.
pub(crate) fn example() -> Value {
    json!({
        "specversion": "1.0",
        "id": "0001a2b3-c4d5-e6f7-0819-2a3b4c5d6e7f",
        "source": "/data/OpportunityChangeEvent",
        "type": "OpportunityChangeEvent",
        "data": example_change(),
    })
}

/// A change event, for the document.
pub(crate) fn example_change() -> Value {
    json!({
        "ChangeEventHeader": {
            "entityName": "Opportunity",
            "recordIds": ["006R0000003FPYxIAO"],
            "changeType": "UPDATE",
            "changedFields": ["StageName"],
            "transactionKey": "0001a2b3-c4d5-e6f7-0819-2a3b4c5d6e7f",
            "sequenceNumber": 1,
            "commitTimestamp": 1_767_225_600_000_i64,
            "commitUser": "005R0000000123xKAA",
        },
        "StageName": "Proposal/Price Quote",
    })
}

/// How a request holds events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The body is the data; attributes stand in headers.
    Binary,
    /// The body is the event.
    Structured,
    /// The body is a list of events.
    Batched,
}

impl Mode {
    /// The mode that the content type tells, and for plain JSON whether there is a header `ce-specversion`. `None` when it is
    /// not JSON.
    pub(crate) fn of(content_type: &str, has_attributes: bool) -> Option<Self> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "application/cloudevents+json" => Some(Self::Structured),
            "application/cloudevents-batch+json" => Some(Self::Batched),
            "application/json" if has_attributes => Some(Self::Binary),
            "application/json" => Some(Self::Structured),
            _ => None,
        }
    }
}

/// The change events in a body.
pub(crate) fn read(mode: Mode, body: &[u8]) -> Result<Vec<ChangeEvent>, InvalidChange> {
    let body = json(body, "body")?;
    match mode {
        Mode::Binary => Ok(vec![read_change(body)?]),
        Mode::Structured => Ok(vec![unwrap(body)?]),
        Mode::Batched => {
            let Value::Array(events) = body else {
                return Err(InvalidChange::new("body", "expected a list of events"));
            };
            let within = |(index, event)| {
                unwrap(event).map_err(|error: InvalidChange| {
                    InvalidChange::new(format!("[{index}].{}", error.field), error.reason)
                })
            };
            events.into_iter().enumerate().map(within).collect()
        }
    }
}

/// JSON, or an error that names the place and quotes nothing.
pub(crate) fn json(text: &[u8], field: &str) -> Result<Value, InvalidChange> {
    serde_json::from_slice(text).map_err(|error| {
        InvalidChange::new(field, format!("it is not JSON, at line {} column {}", error.line(), error.column()))
    })
}

fn unwrap(event: Value) -> Result<ChangeEvent, InvalidChange> {
    let event: CloudEvent = serde_json::from_value(event)
        .map_err(|_| InvalidChange::new("body", "expected a CloudEvent: an object with data"))?;
    let (data, field) = match (event.data, event.data_base64) {
        (Some(data), _) => (data, "data"),
        (None, Some(encoded)) => {
            let field = "data_base64";
            let text = STANDARD.decode(encoded).map_err(|_| InvalidChange::new(field, "it is not base64"))?;
            (json(&text, field)?, field)
        }
        (None, None) => return Err(InvalidChange::new("data", "it is missing")),
    };
    read_change(data).map_err(|error| InvalidChange::new(format!("{field}.{}", error.field), error.reason))
}
