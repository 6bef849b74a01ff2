//! Errors as Salesforce writes them into answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::kind::ErrorKind;
use crate::Cleaner;

/// One error of Salesforce's own. Decide by `error_code` only: messages are translated and change between releases.
///
/// It cannot be read from an answer directly, whose text may repeat the token: a call clears it first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// For example `DUPLICATE_VALUE`.
    pub error_code: String,
    /// For people.
    pub message: String,
    /// API names of the fields concerned; often empty.
    pub fields: Vec<String>,
}

/// An error as it stands in an answer, which may repeat the token. It cannot be shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// Collections call it `statusCode`, OAuth `error`.
    #[serde(alias = "statusCode", alias = "error")]
    error_code: String,
    #[serde(alias = "error_description", default, deserialize_with = "null_as_default")]
    message: String,
    #[serde(default, deserialize_with = "null_as_default")]
    fields: Vec<String>,
}

impl Told {
    pub(crate) fn cleared(self, cleaner: &Cleaner) -> ApiError {
        ApiError { error_code: self.error_code, message: self.message, fields: self.fields }.cleared(cleaner)
    }
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Codes of errors that pass by themselves, though they stand in an answer that was given ("ExceptionCode" and
/// "StatusCode", SOAP API Developer Guide; the REST API uses the same).
const PASSING: [&str; 6] = [
    "SERVER_UNAVAILABLE",
    "QUERY_TIMEOUT",
    "REQUEST_RUNNING_TOO_LONG",
    "UNKNOWN_EXCEPTION",
    "API_CURRENTLY_DISABLED",
    "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
];

impl ApiError {
    /// Whether nothing is wrong with a record that fails so: see [`ErrorKind::passes`].
    #[must_use]
    pub fn passes(&self) -> bool {
        Self::code_passes(&self.error_code)
    }

    /// The same for a code alone.
    #[must_use]
    pub fn code_passes(code: &str) -> bool {
        kind_of_code(code).is_some_and(ErrorKind::passes)
    }

    /// What this error asks of the caller, when it stands in an answer (or a part of one) with `status`.
    #[must_use]
    pub fn kind(&self, status: u16) -> ErrorKind {
        kind_of_code(&self.error_code).or_else(|| kind_of_status(status)).unwrap_or(ErrorKind::Invalid)
    }

    pub(crate) fn cleared(self, cleaner: &Cleaner) -> Self {
        Self {
            error_code: cleaner.text(&self.error_code),
            message: cleaner.text(&self.message),
            fields: self.fields.iter().map(|field| cleaner.text(field)).collect(),
        }
    }

    /// Reads the errors of a failed part of a composite answer; `None` when Salesforce describes none.
    pub(crate) fn of_part(body: Option<&RawValue>, cleaner: &Cleaner) -> Option<Vec<Self>> {
        body.and_then(|body| Self::from_body(body.get().as_bytes(), cleaner))
    }

    /// In place of the error of a part that Salesforce does not describe, so that a failure stays a failure.
    pub(crate) fn undescribed(status: u16) -> Self {
        let message = "Salesforce did not describe the error".to_owned();
        Self { error_code: format!("HTTP_{status}"), message, fields: Vec::new() }
    }

    /// Reads the errors of an answer: a list, or a single object as OAuth and some gateways send it. `None` when the
    /// body is neither, or names no error.
    pub(super) fn from_body(body: &[u8], cleaner: &Cleaner) -> Option<Vec<Self>> {
        let errors: Vec<Told> = if body.trim_ascii_start().starts_with(b"{") {
            vec![serde_json::from_slice(body).ok()?]
        } else {
            serde_json::from_slice(body).ok()?
        };
        (!errors.is_empty()).then(|| errors.into_iter().map(|error| error.cleared(cleaner)).collect())
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

/// The kind by the code alone; `None` when the code says nothing more than the status.
fn kind_of_code(code: &str) -> Option<ErrorKind> {
    match code {
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => Some(ErrorKind::SessionExpired),
        "REQUEST_LIMIT_EXCEEDED" | "LIMIT_EXCEEDED" => Some(ErrorKind::LimitExceeded),
        "UNABLE_TO_LOCK_ROW" => Some(ErrorKind::RowLocked),
        "NOT_FOUND" | "ENTITY_IS_DELETED" => Some(ErrorKind::NotFound),
        "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "API_DISABLED_FOR_ORG"
        | "FUNCTIONALITY_NOT_ENABLED" => Some(ErrorKind::Forbidden),
        code => PASSING.contains(&code).then_some(ErrorKind::Transient),
    }
}

/// The kind of an error of Salesforce's own by its status (REST API Developer Guide, "Status Codes and Error
/// Responses"); `None` when it is no refusal at all.
fn kind_of_status(status: u16) -> Option<ErrorKind> {
    match (status, kind_of_bare_status(status)) {
        (403, _) => Some(ErrorKind::Forbidden),
        (404 | 410, _) => Some(ErrorKind::NotFound),
        (400..=499, ErrorKind::Malformed) => Some(ErrorKind::Invalid),
        (400..=599, kind) => Some(kind),
        _ => None,
    }
}

/// The kind of an answer that is neither a success nor an error of Salesforce's own. Who gave it (a proxy, a page of a site
/// in maintenance) knows nothing of records and permissions, so a refusal of it settles nothing.
pub fn kind_of_bare_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::SessionExpired,
        429 => ErrorKind::LimitExceeded,
        // Timeout, edge not ready, locked, too early, and all faults of servers.
        408 | 420 | 423 | 425 | 500..=599 => ErrorKind::Transient,
        _ => ErrorKind::Malformed,
    }
}

/// All errors in one line.
pub(super) fn list(errors: &[ApiError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
