//! The routes of the pages. Every handler answers with a page, also when something goes wrong.

mod accounts;
mod loads;

use crate::accounts::Trouble;
use crate::pages::{self, Frame, Section};
use ::web::https::https_only;
use ::web::login::{self, Session, guard};
use actix_web::HttpResponse;
use actix_web::http::header::HeaderValue;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use shared::jobs::{JobsError, JobsErrorKind};

/// Adds all routes behind the guard.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(
        web::scope("")
            .wrap(from_fn(guard))
            .wrap(from_fn(https_only))
            .service(accounts::index)
            .service(accounts::accounts)
            .service(loads::status)
            .service(loads::start)
            .service(loads::ask_cancel)
            .service(loads::ask_reset)
            .service(loads::cancel)
            .service(loads::go_on)
            .service(loads::reset)
            .service(loads::failures)
            .configure(login::routes)
            .default_service(web::to(not_found)),
    );
}

async fn not_found(session: Session) -> HttpResponse {
    let frame = Frame::new(&session, Section::Other);
    pages::failure(&frame, StatusCode::NOT_FOUND, "Not found", "There is nothing at this address.")
}

/// Why a handler has no page of its own to show.
enum Refusal {
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
    fn into_page(self, frame: &Frame) -> HttpResponse {
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
                return pages::failure(frame, StatusCode::CONFLICT, "Not available", &message);
            }
            Self::Jobs(error) if error.kind() == JobsErrorKind::Unavailable => {
                tracing::warn!(error = ?error, "the job store is not available");
                let message =
                    "The job store is not available, so nothing was started or changed. Try again in a moment.";
                (StatusCode::SERVICE_UNAVAILABLE, "Not available", message)
            }
            Self::Jobs(JobsError::Limited { limit, retry_after }) => {
                let message = limit.to_string();
                let mut page = pages::failure(frame, StatusCode::TOO_MANY_REQUESTS, "Too many jobs", &message);
                page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
                return page;
            }
            Self::Jobs(error) if error.kind() == JobsErrorKind::Unproven => {
                return pages::failure(frame, StatusCode::CONFLICT, "Not as it was made", &error.to_string());
            }
            Self::Jobs(error) => {
                tracing::error!(error = ?error, "the job store failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal error", "The log of the app tells more.")
            }
        };
        pages::failure(frame, status, title, message)
    }
}
