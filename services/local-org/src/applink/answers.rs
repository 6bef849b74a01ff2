//! Errors as the add-on's API tells them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

/// 404, in the words of the plugin's tests.
pub(crate) fn not_found() -> HttpResponse {
    failed(404, "record_not_found", "record not found")
}

/// 422 with what is wrong.
pub(crate) fn invalid(message: &str) -> HttpResponse {
    failed(422, "validation_failed", message)
}

/// Any other.
pub(crate) fn failed(status: u16, id: &str, message: &str) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status).json(json!({"id": id, "message": message}))
}
