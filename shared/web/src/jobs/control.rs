//! What can be done with a job: cancel, resume, retry. Who may is said in [`super`].

use super::{JobAccess, job_error, job_id, unknown_job};
use crate::client_context::Caller;
use crate::{ApiError, ErrorAnswer};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use shared::jobs::{JobState, JobView, Jobs};

/// Why a job that ends or has ended is not resumed.
pub const CANNOT_RESUME: &str = "The job has ended or is being cancelled; it cannot be resumed.";

/// Cancels a job: what has not started is dropped at once, what runs ends.
#[utoipa::path(
    post,
    path = "/api/jobs/{id}/cancel",
    tag = "jobs",
    operation_id = "cancelJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job, cancelling, cancelled or ended before.", body = JobView),
        (status = 404, description = "No such job in this org that the caller may see."),
        (status = 429, description = "Too many callers wait for the org to say whether the caller may see the jobs of others.", body = ErrorAnswer),
    )
)]
pub async fn cancel_job(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    let job = access.job(&jobs, &caller, &job_id(&id)?).await?;
    let job = jobs.by(caller.user_id()).cancel(&job.org, &job.id).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
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
        (status = 404, description = "No such job in this org that the caller may see."),
        (status = 409, description = "The job has ended, or is not as it was made (code job_not_proven): start it anew.", body = ErrorAnswer),
        (status = 429, description = "Too many callers wait for the org to say whether the caller may see the jobs of others.", body = ErrorAnswer),
    )
)]
pub async fn resume_job(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    id: Path<String>,
) -> Result<(Json<JobView>, StatusCode), ApiError> {
    let job = access.job(&jobs, &caller, &job_id(&id)?).await?;
    if job.state.is_final() || job.state == JobState::Cancelling {
        return Err(ApiError::conflict(CANNOT_RESUME));
    }
    let session = Some(caller.session.to_secret().map_err(ApiError::internal)?);
    let job = jobs.by(caller.user_id()).resume(&job.org, &job.id, session).await.map_err(job_error)?;
    accepted(job)
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
        (status = 404, description = "No such job in this org that the caller may see."),
        (status = 409, description = "The job is not as it was made (code job_not_proven): start it anew.", body = ErrorAnswer),
        (status = 429, description = "The org has too many open jobs, or too many callers wait for it to say whether the caller may see the jobs of others; nothing was changed.", body = ErrorAnswer),
    )
)]
pub async fn retry_job(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    id: Path<String>,
) -> Result<(Json<JobView>, StatusCode), ApiError> {
    let job = access.job(&jobs, &caller, &job_id(&id)?).await?;
    let session = Some(caller.session.to_secret().map_err(ApiError::internal)?);
    let job = jobs.by(caller.user_id()).retry(&job.org, &job.id, session).await.map_err(job_error)?;
    accepted(job)
}

/// 202: the caller's session is used after the answer. Who gives an app more rights for a call only must know that.
fn accepted(job: Option<JobView>) -> Result<(Json<JobView>, StatusCode), ApiError> {
    let job = job.ok_or_else(unknown_job)?;
    Ok((Json(job), StatusCode::ACCEPTED))
}
