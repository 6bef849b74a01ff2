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
    /// What a duplicate rule found: the `duplicateResult` of `DUPLICATES_DETECTED`.
    pub duplicates: Option<Box<Value>>,
}

impl ApiError {
    /// An error without a `fields` member.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), fields: None, duplicates: None }
    }

    /// The same error naming the fields at fault (an empty list is sent as `[]`).
    #[must_use]
    pub fn with_fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// The same error with what a duplicate rule found.
    #[must_use]
    pub fn with_duplicates(mut self, result: Value) -> Self {
        self.duplicates = Some(Box::new(result));
        self
    }

    /// `NOT_FOUND`: no such object or record.
    pub fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// `INVALID_FIELD`: the object has no such field, or the caller may not see it.
    pub fn no_such_field(object: &str, field: &str) -> Self {
        Self::new(400, "INVALID_FIELD", format!("No such column '{field}' on sobject of type {object}"))
    }

    /// `FIELD_INTEGRITY_EXCEPTION`: a value that does not fit the rest of the data.
    pub fn field_integrity(detail: impl std::fmt::Display, field: &str) -> Self {
        Self::new(400, "FIELD_INTEGRITY_EXCEPTION", format!("field integrity exception: {detail}")).with_fields([field])
    }

    /// `ENTITY_IS_DELETED`: the record is in the recycle bin.
    pub fn entity_is_deleted() -> Self {
        Self::new(404, "ENTITY_IS_DELETED", "entity is deleted").with_fields::<String>([])
    }

    /// `INVALID_CROSS_REFERENCE_KEY`: a well-formed id of no record. The status is 404 where the id is the one in the
    /// URL and 400 where it is a field's value.
    pub fn invalid_cross_reference(status: u16) -> Self {
        Self::new(status, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").with_fields::<String>([])
    }

    /// `MALFORMED_ID`: not an id, or the id of another kind of record; `label` names the field.
    pub fn malformed_id(label: &str, id: &str, field: &str) -> Self {
        Self::new(400, "MALFORMED_ID", format!("{label}: id value of incorrect type: {id}")).with_fields([field])
    }

    /// `UNKNOWN_EXCEPTION`: a failure of the org itself (500). The cause is logged, not told.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "the org's database failed");
        Self::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred")
    }

    /// The error as an element of the JSON error array.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("message".to_owned(), json!(self.message));
        object.insert("errorCode".to_owned(), json!(self.code));
        if let Some(fields) = &self.fields {
            object.insert("fields".to_owned(), json!(fields));
        }
        if let Some(duplicates) = &self.duplicates {
            object.insert("duplicateResult".to_owned(), Value::clone(duplicates));
        }
        Value::Object(object)
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(&error)
    }
}
