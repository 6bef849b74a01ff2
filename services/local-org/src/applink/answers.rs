//! Errors as the add-on's API tells them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

/// An answer in place of what was asked for.
#[derive(Debug)]
pub(crate) struct Failed {
    status: u16,
    id: &'static str,
    message: String,
}

impl From<Failed> for HttpResponse {
    fn from(Failed { status, id, message }: Failed) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        Self::build(status).json(json!({"id": id, "message": message}))
    }
}

/// 404, in the words of the plugin's tests.
pub(crate) fn not_found() -> Failed {
    failed(404, "record_not_found", "record not found")
}

/// 422 with what is wrong.
pub(crate) fn invalid(message: &str) -> Failed {
    failed(422, "validation_failed", message)
}

/// Any other.
pub(crate) fn failed(status: u16, id: &'static str, message: &str) -> Failed {
    Failed { status, id, message: message.to_owned() }
}
