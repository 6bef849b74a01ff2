//! What is answered when something is wrong with a job, and what requests say of one.

use crate::ApiError;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use shared::jobs::{JobId, JobsError, JobsErrorKind};
use std::time::Duration;

/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY: usize = 255;

/// Code of the 409 for a job that is not as it was made.
const NOT_PROVEN: &str = "job_not_proven";

/// 503 when Redis does not answer, 429 when the org has reached a limit, 409 when the job is not as it was made: then nothing
/// was accepted.
pub fn job_error(error: JobsError) -> ApiError {
    if let JobsError::Limited { limit, retry_after } = error {
        return ApiError::too_many_requests(limit.to_string(), retry_after);
    }
    match error.kind() {
        JobsErrorKind::Unavailable => {
            let message = "The job store is not available. Nothing was accepted; try again.";
            ApiError::service_unavailable(message, Duration::from_secs(5)).caused_by(error)
        }
        JobsErrorKind::Invalid => ApiError::new(StatusCode::BAD_REQUEST, "bad_request", error.to_string()),
        JobsErrorKind::Reused => {
            let message = "The Idempotency-Key was used for the same operation with other parameters.";
            ApiError::unprocessable("idempotency_key_reused", message).with_field("Idempotency-Key")
        }
        JobsErrorKind::Unproven => ApiError::conflict(error.to_string()).with_code(NOT_PROVEN),
        JobsErrorKind::Limited | JobsErrorKind::Bug => ApiError::internal(error),
    }
}

/// The id in a path. A malformed one is as unknown as any other.
///
/// # Errors
/// 404.
pub fn job_id(text: &str) -> Result<JobId, ApiError> {
    text.parse().map_err(|_| unknown_job())
}

/// 404 for a job that is not there, is another org's, or another user's.
pub fn unknown_job() -> ApiError {
    ApiError::not_found("There is no such job in this org that you may see.")
}

/// The header `Idempotency-Key`, when the caller sent one.
///
/// # Errors
/// 400 when it is empty, too long or not visible ASCII.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY);
    let key =
        key.ok_or_else(|| ApiError::bad_request("Idempotency-Key", "expected 1 to 255 visible ASCII characters"))?;
    Ok(Some(key.to_owned()))
}
