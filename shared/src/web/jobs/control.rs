//! What can be done with a job: cancel, resume, retry. Only the org that started a job may.

use super::{job_error, job_id, unknown_job};
use crate::jobs::{JobState, JobView, Jobs};
use crate::web::ApiError;
use crate::web::client_context::Caller;
use actix_web::web::{Data, Json, Path};

/// Cancels a job: what has not started is dropped at once, what runs ends.
#[utoipa::path(post, path = "/api/jobs/{id}/cancel", tag = "jobs", operation_id = "cancelJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job, cancelling, cancelled or ended before.", body = JobView), (status = 404, description = "No such job in this org.")))]
pub async fn cancel_job(jobs: Data<Jobs>, caller: Caller, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    let job = jobs.cancel(caller.org_id().as_str(), &job_id(&id)?).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}

/// Lets a job that needs authorization go on from where it stood, with the caller's session.
#[utoipa::path(post, path = "/api/jobs/{id}/resume", tag = "jobs", operation_id = "resumeJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job, running.", body = JobView), (status = 404, description = "No such job in this org."), (status = 409, description = "The job has ended.")))]
pub async fn resume_job(jobs: Data<Jobs>, caller: Caller, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    let (org, id) = (caller.org_id().to_string(), job_id(&id)?);
    let job = jobs.get(&org, &id).await.map_err(job_error)?.ok_or_else(unknown_job)?;
    if job.state.is_final() || job.state == JobState::Cancelling {
        return Err(ApiError::conflict("The job has ended or is being cancelled; it cannot be resumed."));
    }
    let job = jobs
        .resume(&org, &id, Some(caller.session.to_secret().map_err(ApiError::internal)?))
        .await
        .map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}

/// Runs the chunks that were given up once more, with the caller's session.
#[utoipa::path(post, path = "/api/jobs/{id}/retry", tag = "jobs", operation_id = "retryJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job.", body = JobView), (status = 404, description = "No such job in this org.")))]
pub async fn retry_job(jobs: Data<Jobs>, caller: Caller, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    let session = Some(caller.session.to_secret().map_err(ApiError::internal)?);
    let job = jobs.retry(caller.org_id().as_str(), &job_id(&id)?, session).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}
