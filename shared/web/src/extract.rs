//! Limits and errors of actix's extractors.

use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError, UrlencodedError};
use actix_web::http::StatusCode;
use actix_web::web::{FormConfig, JsonConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig};
use actix_web::{Error, HttpRequest, ResponseError};

use super::error::ApiError;

/// Largest request body when a service says nothing else, in bytes: 64 KiB.
pub const DEFAULT_BODY_LIMIT: usize = 64 * 1024;

/// Limits JSON, form and raw bodies to `bytes` and gives the extractors' errors the shape of [`ApiError`]. [`super::app`]
/// does this with [`DEFAULT_BODY_LIMIT`]; a scope or resource can call it again with its own limit.
pub fn body_limit(config: &mut ServiceConfig, bytes: usize) {
    config
        .app_data(JsonConfig::default().limit(bytes).error_handler(move |error, request| json(error, request, bytes)))
        .app_data(FormConfig::default().limit(bytes).error_handler(move |error, _| form(error, bytes)))
        .app_data(PayloadConfig::new(bytes));
}

/// Errors of paths and query strings.
pub(super) fn path_and_query(config: &mut ServiceConfig) {
    config
        .app_data(PathConfig::default().error_handler(|error, _| path(&error)))
        .app_data(QueryConfig::default().error_handler(|error, _| query(&error)));
}

fn json(error: JsonPayloadError, _request: &HttpRequest, limit: usize) -> Error {
    match &error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            ApiError::payload_too_large(limit)
        }
        JsonPayloadError::ContentType => unsupported_media_type("Send the body as application/json."),
        JsonPayloadError::Deserialize(cause) => malformed(&cause.to_string(), "The body is not the expected JSON"),
        other => unreadable(other.status_code()),
    }
    .into()
}

fn form(error: UrlencodedError, limit: usize) -> Error {
    match &error {
        UrlencodedError::Overflow { .. } => ApiError::payload_too_large(limit),
        UrlencodedError::ContentType => unsupported_media_type("Send the body as application/x-www-form-urlencoded."),
        UrlencodedError::Parse(cause) => malformed(&cause.to_string(), "The body is not the expected form"),
        other => unreadable(other.status_code()),
    }
    .into()
}

fn path(error: &PathError) -> Error {
    malformed(&error.to_string(), "The path is not as expected").into()
}

fn query(error: &QueryPayloadError) -> Error {
    let QueryPayloadError::Deserialize(cause) = error else {
        return malformed(&error.to_string(), "The query string is not as expected").into();
    };
    malformed(&cause.to_string(), "The query string is not as expected").into()
}

fn unsupported_media_type(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
}

/// The body broke off, or its encoding is wrong.
fn unreadable(status: StatusCode) -> ApiError {
    let status = if status.is_client_error() { status } else { StatusCode::BAD_REQUEST };
    ApiError::new(status, "unreadable_body", "The request body could not be read.")
}

/// 400 with serde's explanation, and the field where serde names one.
fn malformed(explanation: &str, what: &str) -> ApiError {
    let error = ApiError::new(StatusCode::BAD_REQUEST, "bad_request", format!("{what}: {explanation}."));
    match missing_field(explanation) {
        Some(field) => error.with_field(field.to_owned()),
        None => error,
    }
}

/// Serde says "missing field `name`"; other mistakes it reports by position only.
fn missing_field(explanation: &str) -> Option<&str> {
    explanation.strip_prefix("missing field `")?.split('`').next()
}
