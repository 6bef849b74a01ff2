//! Errors in the form that Salesforce's REST API gives them: an HTTP status and an array of `{message, errorCode, fields}`.

use serde_json::{Map, Value, json};

/// One Salesforce API error (REST API Developer Guide, "Status Codes and Error Responses").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status of the answer.
    pub status: u16,
    /// Salesforce's `errorCode`, upper-case with underscores.
    pub code: String,
    /// Text for people; clients must match on [`ApiError::code`] only.
    pub message: String,
    /// API names of the fields at fault; `None` leaves the member out, as some real errors do.
    pub fields: Option<Vec<String>>,
}

impl ApiError {
    /// An error without a `fields` member.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), fields: None }
    }

    /// The same error naming the fields at fault (an empty list is sent as `[]`).
    #[must_use]
    pub fn with_fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// The error as an element of the JSON error array.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("message".to_owned(), json!(self.message));
        object.insert("errorCode".to_owned(), json!(self.code));
        if let Some(fields) = &self.fields {
            object.insert("fields".to_owned(), json!(fields));
        }
        Value::Object(object)
    }
}
