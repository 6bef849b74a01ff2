//! Answers of the API and errors in their place.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::http::validators::Validators;

/// What a call or subrequest answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Path of the record that was created, for the `Location` header.
    pub(crate) location: Option<String>,
    /// What tells this version of the record from others, for the headers `ETag` and `Last-Modified`.
    pub(crate) validators: Option<Validators>,
    /// What is sent behind the head.
    pub(crate) body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// None.
    Empty,
    /// A value, written as JSON.
    Json(Value),
    /// What tells of a saved record.
    Saved(Saved),
    /// JSON, written out.
    Written(String),
    /// JSON that was written out before and is kept.
    Text(Arc<str>),
}

/// The JSON object that tells of a saved record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Saved {
    /// Id of the record, 18 characters.
    pub(crate) id: String,
    success: bool,
    errors: [(); 0],
}

impl Saved {
    /// Tells of the record of that id.
    pub(crate) fn new(id: String) -> Self {
        Self { id, success: true, errors: [] }
    }
}

impl Answer {
    /// 200 with a body.
    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    /// 200 with a body, written out.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a defect.
    pub(crate) fn written_ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::text(serde_json::to_string(body).map_err(|error| internal(error.to_string()))?))
    }

    /// 200 with a body that is written out already.
    pub(crate) fn text(body: String) -> Self {
        Self { body: Body::Written(body), ..Self::empty(200) }
    }

    /// A status with a body.
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::empty(status) }
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self::empty(204)
    }

    /// A status without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, location: None, validators: None, body: Body::Empty }
    }

    /// Whether the call did what it was to do.
    pub(crate) fn is_success(&self) -> bool {
        self.status < 300 || self.status == 304
    }

    /// The body as a value; null where there is none.
    pub(crate) fn into_value(self) -> Value {
        self.body.into_value()
    }

    /// The same answer with its body written out.
    pub(crate) fn written(self) -> Self {
        let body = match self.body {
            body @ (Body::Json(_) | Body::Saved(_)) => Body::Written(body.into_value().to_string()),
            other => other,
        };
        Self { body, ..self }
    }

    /// The HTTP response.
    pub(crate) fn into_response(self) -> HttpResponse {
        let mut response = builder(self.status);
        if let Some(location) = self.location {
            response.insert_header(("Location", location));
        }
        if let Some(Validators { etag, last_modified }) = self.validators {
            response.insert_header(("Last-Modified", http_date(last_modified)));
            if let Some(etag) = etag {
                response.insert_header(("ETag", etag));
            }
        }
        match self.body {
            Body::Empty => response.finish(),
            body @ (Body::Json(_) | Body::Saved(_)) => response.body(body.into_value().to_string()),
            Body::Written(text) => response.body(text),
            Body::Text(text) => response.body(text.as_bytes().to_vec()),
        }
    }
}

/// A time as headers have it.
pub(crate) fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

impl Body {
    /// As a value; null where there is none.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Json(value) => value,
            Self::Saved(Saved { id, success, errors }) => json!({"id": id, "success": success, "errors": errors}),
            Self::Written(text) => serde_json::from_str(&text).unwrap_or_default(),
            Self::Text(text) => serde_json::from_str(&text).unwrap_or_default(),
        }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self::json(error.status, json!([error.to_json()]))
    }
}

/// A response with the headers that every answer of the API has.
pub(crate) fn builder(status: u16) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header(("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private"));
    if status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED {
        response.insert_header(("Content-Type", "application/json;charset=UTF-8"));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header(("WWW-Authenticate", "Token"));
    }
    response
}

/// 404: neither resource nor version nor object of that name.
pub(crate) fn not_found() -> ApiError {
    ApiError::new(404, "NOT_FOUND", "The requested resource does not exist")
}

/// 401: no token, or one that is not (any longer) valid.
pub(crate) fn invalid_session() -> ApiError {
    ApiError::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
}

/// 400: a body that is not the JSON it has to be.
pub(crate) fn malformed_json(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "JSON_PARSER_ERROR", message)
}

/// 500: a defect of this program.
pub(crate) fn internal(message: impl Into<String>) -> ApiError {
    ApiError::new(500, "UNKNOWN_EXCEPTION", message)
}

/// The body of a request as a value; `None` where there is none.
pub(crate) fn json(body: &[u8]) -> Result<Option<Value>, ApiError> {
    if body.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(body).map(Some).map_err(|error| malformed_json(error.to_string()))
}

/// Reads part of a body.
pub(crate) fn read<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, ApiError> {
    T::deserialize(value).map_err(|error| malformed_json(error.to_string()))
}

/// [`read`] for a body that nobody needs afterwards.
pub(crate) fn read_owned<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|error| malformed_json(error.to_string()))
}

/// A whole request that is wrong.
pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "INVALID_INPUT", message)
}

/// More of something than a request may have.
pub(crate) fn limit_exceeded(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "LIMIT_EXCEEDED", message)
}

/// The error of a subrequest that was not run, or undone, because of another.
pub(crate) fn halted(message: &str) -> ApiError {
    ApiError::new(400, "PROCESSING_HALTED", message)
}
