//! Gives every error answer the one JSON shape: ours, those of actix's routing and extractors, and bare statuses.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};

use super::error::ApiError;
use super::request_id::RequestId;

/// What the log says about an error answer.
#[derive(Debug, Default)]
pub(super) struct Logged {
    /// The code that was sent.
    pub(super) code: Option<String>,
    /// What was not sent.
    pub(super) cause: Option<String>,
}

/// Rewrites the body of an error answer. Answers that a handler built itself, with a content type of its own, stay.
pub(super) fn shape(
    response: ServiceResponse<impl MessageBody + 'static>,
    request_id: &RequestId,
) -> (ServiceResponse<BoxBody>, Logged) {
    let response = response.map_into_boxed_body();
    let Some(kind) = Kind::of(response.response()) else { return (response, Logged::default()) };
    let (logged, body) = match &kind {
        Kind::Ours(error) => (facts(error), error.body(Some(request_id))),
        Kind::Foreign(error) => (facts(error), error.body(Some(request_id))),
    };
    let (request, response) = response.into_parts();
    let mut response = response.set_body(BoxBody::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (ServiceResponse::new(request, response), logged)
}

enum Kind<'a> {
    Ours(&'a ApiError),
    Foreign(ApiError),
}

impl<'a> Kind<'a> {
    fn of(response: &'a HttpResponse) -> Option<Self> {
        let status = response.status();
        match response.error() {
            Some(error) => match error.as_error::<ApiError>() {
                Some(error) => Some(Self::Ours(error)),
                // Framework and library text may tell too much: on 5xx it goes to the log only.
                None if status.is_server_error() => {
                    Some(Self::Foreign(by_status(status).caused_by(anyhow::anyhow!("{error}"))))
                }
                None => Some(Self::Foreign(by_status(status))),
            },
            None if is_error(status) && !response.headers().contains_key(header::CONTENT_TYPE) => {
                Some(Self::Foreign(by_status(status)))
            }
            None => None,
        }
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn facts(error: &ApiError) -> Logged {
    Logged { code: Some(error.code().to_owned()), cause: error.cause_chain() }
}

/// The error for a bare status.
fn by_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::not_found("There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ApiError::new(status, "method_not_allowed", "This path does not take this method.")
        }
        StatusCode::UNAUTHORIZED => ApiError::unauthorized("The request is not authorized."),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(status, "payload_too_large", "The request body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ApiError::new(status, "unsupported_media_type", "The content type is not supported.")
        }
        StatusCode::INTERNAL_SERVER_ERROR => ApiError::internal(anyhow::anyhow!("a bare 500")),
        _ => {
            let reason = status.canonical_reason().unwrap_or("Error");
            ApiError::new(status, reason.to_ascii_lowercase().replace([' ', '-'], "_"), reason)
        }
    }
}
