//! Why a handler has no page of its own to show, and the page in its place.

use crate::accounts::Trouble;
use ::web::site::Frame;
use actix_web::HttpResponse;
use actix_web::http::header::HeaderValue;
use actix_web::http::{StatusCode, header};
use shared::jobs::{JobsError, JobsErrorKind};

/// Why a handler has no page of its own to show.
pub(super) enum Refusal {
    /// The input is wrong; says which, and how.
    Input(String),
    /// There is no such connection.
    UnknownConnection,
    /// It does not fit the state of things.
    NotNow(&'static str),
    /// The org cannot be reached, and nothing would come of it.
    Unreachable(Trouble),
    /// The job store does not answer.
    Jobs(JobsError),
}

impl From<JobsError> for Refusal {
    fn from(error: JobsError) -> Self {
        Self::Jobs(error)
    }
}

impl Refusal {
    pub(super) fn into_page(self, frame: &Frame) -> HttpResponse {
        let (status, title, message) = match &self {
            Self::Input(message) => (StatusCode::BAD_REQUEST, "That does not work", message.as_str()),
            Self::UnknownConnection => (
                StatusCode::NOT_FOUND,
                "Not found",
                "There is no such connection. CONNECTION_NAMES has those that are shown.",
            ),
            Self::NotNow(message) => (StatusCode::CONFLICT, "Not now", *message),
            Self::Unreachable(trouble) => {
                let message = format!("{} {}", trouble.what, trouble.advice);
                return frame.failure(StatusCode::CONFLICT, "Not available", &message);
            }
            Self::Jobs(error) if error.kind() == JobsErrorKind::Unavailable => {
                tracing::warn!(error = ?error, "the job store is not available");
                let message =
                    "The job store is not available, so nothing was started or changed. Try again in a moment.";
                (StatusCode::SERVICE_UNAVAILABLE, "Not available", message)
            }
            Self::Jobs(JobsError::Limited { limit, retry_after }) => {
                let message = limit.to_string();
                let mut page = frame.failure(StatusCode::TOO_MANY_REQUESTS, "Too many jobs", &message);
                page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
                return page;
            }
            Self::Jobs(error) if error.kind() == JobsErrorKind::Unproven => {
                return frame.failure(StatusCode::CONFLICT, "Not as it was made", &error.to_string());
            }
            Self::Jobs(error) => {
                tracing::error!(error = ?error, "the job store failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal error", "The log of the app tells more.")
            }
        };
        frame.failure(status, title, message)
    }
}
