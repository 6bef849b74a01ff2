//! What can be done with a job: cancel, resume, retry. Who may is said in [`super`].

use super::described::{CHANGED, ENDED, MANY_CALLERS, MANY_OPEN, NO_JOB};
use super::owner;
use super::user_jobs::UserJobs;
use crate::{ApiError, ErrorAnswer};
use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use shared::jobs::JobView;

/// Cancels a job: what has not started is dropped at once, what runs ends.
#[utoipa::path(
    post,
    path = "/api/jobs/{id}/cancel",
    tag = "jobs",
    operation_id = "cancelJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job, cancelling, cancelled or ended before.", body = JobView),
        (status = 404, description = NO_JOB),
        (status = 429, description = MANY_CALLERS, body = ErrorAnswer),
    )
)]
pub async fn cancel_job(owner: UserJobs, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    owner::cancel(&owner, &id).await
}

/// Lets a job that needs authorization go on from where it stood, with the caller's session. When the caller is not the
/// one who started it, it goes on in the caller's name and does not call back.
#[utoipa::path(
    post,
    path = "/api/jobs/{id}/resume",
    tag = "jobs",
    operation_id = "resumeJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 202, description = "The job, running.", body = JobView),
        (status = 404, description = NO_JOB),
        (status = 409, description = ENDED, body = ErrorAnswer),
        (status = 429, description = MANY_CALLERS, body = ErrorAnswer),
    )
)]
pub async fn resume_job(owner: UserJobs, id: Path<String>) -> Result<(Json<JobView>, StatusCode), ApiError> {
    owner::resume(&owner, &id).await
}

/// Runs the chunks that were given up once more, with the caller's session. When the caller is not the one who started the
/// job, they run in the caller's name and the job does not call back.
#[utoipa::path(
    post,
    path = "/api/jobs/{id}/retry",
    tag = "jobs",
    operation_id = "retryJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 202, description = "The job.", body = JobView),
        (status = 404, description = NO_JOB),
        (status = 409, description = CHANGED, body = ErrorAnswer),
        (status = 429, description = MANY_OPEN, body = ErrorAnswer),
    )
)]
pub async fn retry_job(owner: UserJobs, id: Path<String>) -> Result<(Json<JobView>, StatusCode), ApiError> {
    owner::retry(&owner, &id).await
}
