//! Why a handler has no page of its own to show.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use shared::jobs::operator::Refusal;
use shared::jobs::{JobsError, JobsErrorKind};
use web::site::Frame;

/// Why a handler has no page of its own to show.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The input is wrong; says which, and how.
    Input(String),
    /// There is no such thing.
    Unknown(&'static str),
    /// The protocol says no.
    Refused(Refusal),
    /// A file could not be written.
    File(csv::Error),
}

impl From<JobsError> for Trouble {
    fn from(error: JobsError) -> Self {
        Self::Refused(Refusal::Jobs(error))
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Trouble {
    pub(super) fn into_page(self, frame: &Frame) -> HttpResponse {
        let (status, title, message) = match &self {
            Self::Input(message) => (StatusCode::BAD_REQUEST, "That does not work", message.clone()),
            Self::Unknown(what) => (StatusCode::NOT_FOUND, "Not found", (*what).to_owned()),
            Self::Refused(Refusal::NoSuchJob) => {
                (StatusCode::NOT_FOUND, "Not found", "There is no such job, or it is no longer kept.".to_owned())
            }
            Self::Refused(Refusal::Jobs(error)) => return of_jobs(frame, error),
            Self::Refused(refusal @ (Refusal::NotNow(_) | Refusal::NeedsOwner { .. } | Refusal::NeedsKey)) => {
                (StatusCode::CONFLICT, "Nothing was changed", sentence(&refusal.to_string()))
            }
            Self::File(error) => {
                tracing::error!(error = ?error, "a file could not be written");
                let message = "The log of the app tells more.".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal error", message)
            }
        };
        frame.failure(status, title, &message)
    }
}

fn of_jobs(frame: &Frame, error: &JobsError) -> HttpResponse {
    let (status, title, message) = match error {
        JobsError::Limited { limit, retry_after } => {
            let message = sentence(&limit.to_string());
            let mut page = frame.failure(StatusCode::TOO_MANY_REQUESTS, "Too many jobs", &message);
            page.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(retry_after.as_secs().max(1)));
            return page;
        }
        JobsError::Invalid(message) => (StatusCode::BAD_REQUEST, "That does not work", sentence(message)),
        error if error.kind() == JobsErrorKind::Unproven => {
            (StatusCode::CONFLICT, "Not as it was made", sentence(&error.to_string()))
        }
        error if error.kind() == JobsErrorKind::Unavailable => {
            tracing::warn!(error = ?error, "the job store is not available");
            let message = "Redis does not answer, so nothing can be shown or changed. Try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, "Not available", message.to_owned())
        }
        error => {
            tracing::error!(error = ?error, "the job store failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal error", "The log of the app tells more.".to_owned())
        }
    };
    frame.failure(status, title, &message)
}

/// With a capital at the start and a full stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
