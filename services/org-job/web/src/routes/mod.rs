//! The operations.

pub(crate) mod batches;
pub(crate) mod events;
pub(crate) mod jobs;

use actix_web::web::ServiceConfig;
use shared::jobs::{JobId, JobsError, JobsErrorKind};
use shared::web::ApiError;
use std::time::Duration;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .service(batches::execute_batch)
        .service(jobs::list_jobs)
        .service(jobs::get_job)
        .service(jobs::get_job_errors)
        .service(jobs::get_job_dead_letters)
        .service(jobs::cancel_job)
        .service(jobs::resume_job)
        .service(jobs::retry_job)
        .service(events::get_job_events);
}

/// 503 when Redis does not answer: then nothing was accepted.
fn job_error(error: JobsError) -> ApiError {
    match error.kind() {
        JobsErrorKind::Unavailable => {
            let message = "The job store is not available. Nothing was accepted; try again.";
            ApiError::service_unavailable(message, Duration::from_secs(5)).caused_by(error)
        }
        JobsErrorKind::Invalid => {
            ApiError::new(actix_web::http::StatusCode::BAD_REQUEST, "bad_request", error.to_string())
        }
        JobsErrorKind::Bug => ApiError::internal(error),
    }
}

/// The id in a path. A malformed one is as unknown as any other.
fn job_id(text: &str) -> Result<JobId, ApiError> {
    text.parse().map_err(|_| unknown_job())
}

fn unknown_job() -> ApiError {
    ApiError::not_found("There is no such job in this org.")
}
