//! What can go wrong with a call, typed by Salesforce's `errorCode`.

use super::hosts::HostError;
use serde::Deserialize;
use std::time::Duration;

/// One element of Salesforce's error array (REST API Developer Guide, "Status Codes and Error Responses").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// Stable code in upper case. sObject Collections call it `statusCode`.
    #[serde(alias = "statusCode", default)]
    pub error_code: String,
    /// Text for people; localised, and it changes between releases.
    #[serde(default)]
    pub message: String,
    /// Fields at fault, where Salesforce names them.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// A call that did not succeed. No variant holds a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Salesforce answered with an error.
    #[error("Salesforce answered {status}{}", describe(errors))]
    Api {
        /// HTTP status.
        status: u16,
        /// The error array; empty when the body was something else.
        errors: Vec<ApiError>,
        /// `Retry-After`, where given in seconds.
        retry_after: Option<Duration>,
    },
    /// The request was not sent.
    #[error("Salesforce could not be reached")]
    NotSent(#[source] reqwest::Error),
    /// The request was sent and its answer lost: it may have been carried out.
    #[error("the answer of Salesforce was lost")]
    Lost(#[source] reqwest::Error),
    /// The answer is not what the API promises.
    #[error("the answer of Salesforce was not understood: {0}")]
    Malformed(String),
    /// The session has expired and could not be refreshed.
    #[error("the session has expired or is invalid")]
    SessionExpired,
    /// The add-on that gives sessions failed.
    #[error("no session could be had: {0}")]
    Session(String),
    /// The address may not receive a token.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The query does not fit a request's URL.
    #[error("the query needs a URL of {0} bytes; Salesforce takes 16,384 with headers")]
    QueryTooLong(usize),
    /// The request could not be written as JSON.
    #[error("the request could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What to do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Passes by itself.
    Transient,
    /// Another transaction holds a row; passes soon.
    RowLocked,
    /// The org's API limit is reached; nothing works for a while.
    LimitExceeded,
    /// The user must authorize again.
    SessionExpired,
    /// No such record or resource.
    NotFound,
    /// The user may not do this.
    Forbidden,
    /// Salesforce refused the data or the request; trying again is useless.
    Invalid,
    /// The answer was not understood.
    Malformed,
}

impl Error {
    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Api { status, errors, .. } => api_kind(*status, errors.first().map(|e| e.error_code.as_str())),
            Self::NotSent(_) | Self::Lost(_) | Self::Session(_) => ErrorKind::Transient,
            Self::Malformed(_) => ErrorKind::Malformed,
            Self::SessionExpired => ErrorKind::SessionExpired,
            Self::Host(_) => ErrorKind::Forbidden,
            Self::QueryTooLong(_) | Self::Json(_) => ErrorKind::Invalid,
        }
    }

    /// Whether Salesforce may have carried the request out all the same.
    pub fn may_have_committed(&self) -> bool {
        match self {
            Self::Lost(_) | Self::Malformed(_) => true,
            Self::Api { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// How long Salesforce asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Salesforce's first `errorCode`, where there is one.
    pub fn error_code(&self) -> Option<&str> {
        match self {
            Self::Api { errors, .. } => errors.first().map(|error| error.error_code.as_str()),
            _ => None,
        }
    }
}

fn api_kind(status: u16, code: Option<&str>) -> ErrorKind {
    match code.unwrap_or_default() {
        "INVALID_SESSION_ID" => ErrorKind::SessionExpired,
        "REQUEST_LIMIT_EXCEEDED" | "LIMIT_EXCEEDED" => ErrorKind::LimitExceeded,
        "UNABLE_TO_LOCK_ROW" => ErrorKind::RowLocked,
        "SERVER_UNAVAILABLE" | "QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" => ErrorKind::Transient,
        "NOT_FOUND" | "ENTITY_IS_DELETED" | "INVALID_CROSS_REFERENCE_KEY" => ErrorKind::NotFound,
        _ => match status {
            401 => ErrorKind::SessionExpired,
            403 => ErrorKind::Forbidden,
            404 | 410 => ErrorKind::NotFound,
            408 | 420 | 429 | 500.. => ErrorKind::Transient,
            _ => ErrorKind::Invalid,
        },
    }
}

fn describe(errors: &[ApiError]) -> String {
    errors.iter().fold(String::new(), |text, error| {
        format!("{text}{} {}: {}", if text.is_empty() { ":" } else { ";" }, error.error_code, error.message)
    })
}

/// The errors in a body: an array, one object, an OAuth error, or nothing readable.
pub(super) fn parse_errors(body: &[u8]) -> Vec<ApiError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        Many(Vec<ApiError>),
        OAuth { error: String, error_description: Option<String> },
        One(ApiError),
    }
    match serde_json::from_slice(body) {
        Ok(Body::Many(errors)) => errors,
        Ok(Body::OAuth { error, error_description }) => {
            vec![ApiError { error_code: error, message: error_description.unwrap_or_default(), fields: Vec::new() }]
        }
        Ok(Body::One(error)) if !error.error_code.is_empty() => vec![error],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(status: u16, body: &str) -> Error {
        Error::Api { status, errors: parse_errors(body.as_bytes()), retry_after: None }
    }

    #[test]
    fn kinds_by_code_then_by_status() {
        let code = |status, code: &str| api(status, &format!(r#"[{{"errorCode":"{code}","message":"m"}}]"#)).kind();
        assert_eq!(code(403, "REQUEST_LIMIT_EXCEEDED"), ErrorKind::LimitExceeded);
        assert_eq!(code(400, "UNABLE_TO_LOCK_ROW"), ErrorKind::RowLocked);
        assert_eq!(code(401, "INVALID_SESSION_ID"), ErrorKind::SessionExpired);
        assert_eq!(code(400, "MALFORMED_QUERY"), ErrorKind::Invalid);
        assert_eq!(code(404, "ENTITY_IS_DELETED"), ErrorKind::NotFound);
        assert_eq!(api(503, "<html>busy</html>").kind(), ErrorKind::Transient);
        assert_eq!(api(420, "").kind(), ErrorKind::Transient);
        assert_eq!(api(403, "").kind(), ErrorKind::Forbidden);
    }

    #[test]
    fn bodies_of_all_shapes() {
        assert_eq!(
            parse_errors(br#"{"error":"invalid_grant","error_description":"no"}"#)[0].error_code,
            "invalid_grant"
        );
        assert_eq!(parse_errors(br#"[{"statusCode":"X","message":"m","fields":["A"]}]"#)[0].fields, ["A"]);
        assert_eq!(parse_errors(br#"[{"errorCode":"A","message":"1"},{"errorCode":"B","message":"2"}]"#).len(), 2);
        assert!(parse_errors(b"").is_empty());
        assert!(parse_errors(b"<html>").is_empty());
    }

    #[test]
    fn only_an_unknown_outcome_may_have_committed() {
        assert!(api(503, "").may_have_committed());
        assert!(!api(400, r#"[{"errorCode":"X","message":""}]"#).may_have_committed());
        assert!(Error::Malformed("x".to_owned()).may_have_committed());
        assert!(!Error::SessionExpired.may_have_committed());
    }
}
