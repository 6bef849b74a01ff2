//! The jobs that events started. What the operations do is `::web::jobs`'s; here they are for who has the token.

use crate::owner::OperatorJobs;
use ::web::jobs::described::{CHANGED, ENDED};
use ::web::{ApiError, ErrorAnswer, jobs};
use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{get, post};
use shared::jobs::{ErrorPage, JobView};

/// Tells where a job stands.
#[utoipa::path(
    tag = "jobs",
    operation_id = "getJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = "No such job."),
    ),
    security(("token" = []))
)]
#[get("/api/jobs/{id}")]
pub(crate) async fn get_job(owner: OperatorJobs, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    jobs::view(&owner, &id).await
}

/// Lists the first thousand records of a job that failed, with the reasons.
#[utoipa::path(
    tag = "jobs",
    operation_id = "getJobErrors",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "Errors by record.", body = ErrorPage),
        (status = 404, description = "No such job."),
    ),
    security(("token" = []))
)]
#[get("/api/jobs/{id}/errors")]
pub(crate) async fn get_job_errors(owner: OperatorJobs, id: Path<String>) -> Result<Json<ErrorPage>, ApiError> {
    jobs::errors(&owner, &id, None, None).await
}

/// Cancels a job: what has not started is dropped at once, what runs ends.
#[utoipa::path(
    tag = "jobs",
    operation_id = "cancelJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = "No such job."),
    ),
    security(("token" = []))
)]
#[post("/api/jobs/{id}/cancel")]
pub(crate) async fn cancel_job(owner: OperatorJobs, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    jobs::cancel(&owner, &id).await
}

/// Lets a job go on that needs authorization, once the authorization is good again.
#[utoipa::path(
    tag = "jobs",
    operation_id = "resumeJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = "No such job."),
        (status = 409, description = ENDED, body = ErrorAnswer),
    ),
    security(("token" = []))
)]
#[post("/api/jobs/{id}/resume")]
pub(crate) async fn resume_job(owner: OperatorJobs, id: Path<String>) -> Result<(Json<JobView>, StatusCode), ApiError> {
    jobs::resume(&owner, &id).await
}

/// Runs the chunks of a job that were given up once more.
#[utoipa::path(
    tag = "jobs",
    operation_id = "retryJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = "No such job."),
        (status = 409, description = CHANGED, body = ErrorAnswer),
    ),
    security(("token" = []))
)]
#[post("/api/jobs/{id}/retry")]
pub(crate) async fn retry_job(owner: OperatorJobs, id: Path<String>) -> Result<(Json<JobView>, StatusCode), ApiError> {
    jobs::retry(&owner, &id).await
}
