//! Errors as Salesforce writes them into answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ErrorKind;

/// One error of Salesforce's own. Decide by `error_code` only: messages are translated and change between releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// For example `DUPLICATE_VALUE`. Collections call it `statusCode`, OAuth `error`.
    #[serde(alias = "statusCode", alias = "error")]
    pub error_code: String,
    /// For people.
    #[serde(alias = "error_description", default, deserialize_with = "null_as_default")]
    pub message: String,
    /// API names of the fields concerned; often empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub fields: Vec<String>,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl ApiError {
    /// What this error asks of the caller, when it stands in an answer (or a part of one) with `status`.
    #[must_use]
    pub fn kind(&self, status: u16) -> ErrorKind {
        match self.error_code.as_str() {
            "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => ErrorKind::SessionExpired,
            "REQUEST_LIMIT_EXCEEDED" | "LIMIT_EXCEEDED" => ErrorKind::LimitExceeded,
            "UNABLE_TO_LOCK_ROW" => ErrorKind::RowLocked,
            "SERVER_UNAVAILABLE" | "QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" => ErrorKind::Transient,
            "NOT_FOUND" | "ENTITY_IS_DELETED" => ErrorKind::NotFound,
            "INSUFFICIENT_ACCESS"
            | "INSUFFICIENT_ACCESS_OR_READONLY"
            | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
            | "API_DISABLED_FOR_ORG"
            | "API_CURRENTLY_DISABLED"
            | "FUNCTIONALITY_NOT_ENABLED" => ErrorKind::Forbidden,
            _ => kind_of_status(status).unwrap_or(ErrorKind::Invalid),
        }
    }

    /// Reads the errors of a failed part of a composite answer. There is always one, so that a failure stays a failure.
    pub(crate) fn of_part(status: u16, body: Option<&RawValue>) -> Vec<Self> {
        body.and_then(|body| Self::from_body(body.get().as_bytes())).unwrap_or_else(|| {
            let message = "Salesforce did not describe the error".to_owned();
            vec![Self { error_code: format!("HTTP_{status}"), message, fields: Vec::new() }]
        })
    }

    /// Reads the errors of an answer: a list, or a single object as OAuth and some gateways send it. `None` when the
    /// body is neither, or names no error.
    pub(super) fn from_body(body: &[u8]) -> Option<Vec<Self>> {
        let errors: Vec<Self> = if body.trim_ascii_start().starts_with(b"{") {
            vec![serde_json::from_slice(body).ok()?]
        } else {
            serde_json::from_slice(body).ok()?
        };
        (!errors.is_empty()).then_some(errors)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_code, self.message)?;
        if self.fields.is_empty() { Ok(()) } else { write!(f, " ({})", self.fields.join(", ")) }
    }
}

/// The kind of several errors together. Those that concern the whole org come first; then one that another try will not
/// mend decides over one that it would.
pub(crate) fn kind(status: u16, errors: &[ApiError]) -> ErrorKind {
    let rank = |kind: &ErrorKind| match kind {
        ErrorKind::SessionExpired => 0,
        ErrorKind::LimitExceeded => 1,
        ErrorKind::Transient => 3,
        ErrorKind::RowLocked => 4,
        _ => 2,
    };
    errors.iter().map(|error| error.kind(status)).min_by_key(rank).unwrap_or(ErrorKind::Malformed)
}

/// The kind when nothing but the status is known (REST API Developer Guide, "Status Codes and Error Responses"); `None`
/// when the status says no more than that the request was refused, or is no refusal at all.
pub(crate) fn kind_of_status(status: u16) -> Option<ErrorKind> {
    match status {
        401 => Some(ErrorKind::SessionExpired),
        403 => Some(ErrorKind::Forbidden),
        404 | 410 => Some(ErrorKind::NotFound),
        408 | 420 | 500..=599 => Some(ErrorKind::Transient),
        429 => Some(ErrorKind::LimitExceeded),
        400..=499 => Some(ErrorKind::Invalid),
        _ => None,
    }
}

/// All errors in one line.
pub(super) fn list(errors: &[ApiError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
