//! The one error of HTTP handlers: a status, a stable code, and a message for the caller.
//!
//! As JSON: [`ErrorAnswer`]. `super::framework_errors` writes it, since it knows the request id.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::header::ContentType;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id::RequestId;

/// An error as the caller sees it. What the caller must not see goes into [`ApiError::caused_by`] and from there into the
/// log, once, with the event of the request.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    cause: Option<anyhow::Error>,
}

/// Text that is a literal or was made at run time.
type Text = Cow<'static, str>;

impl ApiError {
    /// Any status with a code in snake case. Prefer the named constructors, whose codes are part of the contract.
    pub fn new(status: StatusCode, code: impl Into<Text>, message: impl Into<Text>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { status, code, message, field: None, retry_after: None, cause: None }
    }

    /// 400 `bad_request`: `field` of the input is missing or wrong.
    pub fn bad_request(field: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message).with_field(field)
    }

    /// 401 `unauthorized`.
    pub fn unauthorized(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// 404 `not_found`.
    pub fn not_found(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 409 `conflict`: the request does not fit the state of the resource.
    pub fn conflict(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 413 `payload_too_large`; `limit` in bytes.
    pub fn payload_too_large(limit: usize) -> Self {
        let message = format!("The request body is larger than {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
    }

    /// 422 when Salesforce refused the data; the code is Salesforce's own, for instance `REQUIRED_FIELD_MISSING`.
    pub fn unprocessable(error_code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error_code, message)
    }

    /// 429 `too_many_requests`: nothing was done, try again after `retry_after` (sent in whole seconds, at least one).
    pub fn too_many_requests(message: impl Into<Text>, retry_after: Duration) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message);
        Self { retry_after: Some(retry_after), ..error }
    }

    /// 500 `internal`: the caller learns nothing but the request id; the cause and its sources go to the log.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        let message = "Internal error. The log of the service tells more under this request id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).caused_by(cause)
    }

    /// 502 `bad_gateway`: an upstream service failed or gave an answer that makes no sense.
    pub fn bad_gateway(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "bad_gateway", message)
    }

    /// 503 `service_unavailable`: nothing was done, try again after `retry_after` (sent in whole seconds, at least one).
    pub fn service_unavailable(message: impl Into<Text>, retry_after: Duration) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", message);
        Self { retry_after: Some(retry_after), ..error }
    }

    /// 504 `gateway_timeout`: an upstream service did not answer in time.
    pub fn gateway_timeout(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "gateway_timeout", message)
    }

    /// Another code, where a caller must be able to tell two causes of one status apart.
    pub fn with_code(self, code: impl Into<Text>) -> Self {
        Self { code: code.into(), ..self }
    }

    /// The part of the input that is wrong, as the caller spells it.
    pub fn with_field(self, field: impl Into<Text>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Keeps the cause for the log. It is never sent.
    pub fn caused_by(self, cause: impl Into<anyhow::Error>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The cause and its sources on one line, for the log.
    pub(super) fn cause_chain(&self) -> Option<String> {
        self.cause.as_ref().map(|cause| format!("{cause:#}"))
    }

    /// The JSON body.
    pub(super) fn body(&self, request_id: Option<&RequestId>) -> String {
        let error = ErrorDetails {
            code: &self.code,
            message: &self.message,
            request_id: request_id.map(RequestId::as_str),
            field: self.field.as_deref(),
        };
        // Four texts are always JSON.
        serde_json::to_string(&ErrorAnswer { error }).unwrap_or_default()
    }
}

/// The answer to a call that did not succeed.
#[derive(Serialize, ToSchema)]
pub struct ErrorAnswer<'a> {
    /// What went wrong.
    error: ErrorDetails<'a>,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails<'a> {
    /// Stable code: Salesforce's error code where Salesforce refused the data, else one of the service's own.
    code: &'a str,
    /// The reason, for people.
    message: &'a str,
    /// Id of the request, under which the service's log tells more.
    #[schema(required = false)]
    request_id: Option<&'a str>,
    /// The part of the input that is wrong.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status);
        response.insert_header(ContentType::json());
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.insert_header((header::RETRY_AFTER, seconds.max(1)));
        }
        response.body(self.body(None))
    }
}
