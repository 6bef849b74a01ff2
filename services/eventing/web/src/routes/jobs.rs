//! The jobs that events started. They belong to the authorization, so whoever has the token may see and steer them, as the
//! `operator` of their history; no client context of AppLink is asked for, as `::web::jobs` would.

use crate::app::App;
use crate::token::Authorized;
use ::web::jobs::{CANNOT_RESUME, job_error, job_id, unknown_job};
use ::web::{ApiError, ErrorAnswer};
use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};
use shared::jobs::{ErrorPage, JobState, JobView};

/// Errors of an answer.
const MOST_ERRORS: u64 = 1_000;

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
pub(crate) async fn get_job(
    _authorized: Authorized,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    found(app.jobs.get(&app.authorization, &job_id(&id)?).await.map_err(job_error)?)
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
pub(crate) async fn get_job_errors(
    _authorized: Authorized,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<ErrorPage>, ApiError> {
    found(app.jobs.errors(&app.authorization, &job_id(&id)?, 0, MOST_ERRORS).await.map_err(job_error)?)
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
pub(crate) async fn cancel_job(
    _authorized: Authorized,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    found(app.jobs.cancel(&app.authorization, &job_id(&id)?).await.map_err(job_error)?)
}

/// Lets a job go on that needs authorization, once the authorization is good again.
#[utoipa::path(
    tag = "jobs",
    operation_id = "resumeJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = "No such job."),
        (status = 409, description = "The job has ended, or is not as it was made (code job_not_proven): start it anew.", body = ErrorAnswer),
    ),
    security(("token" = []))
)]
#[post("/api/jobs/{id}/resume")]
pub(crate) async fn resume_job(
    _authorized: Authorized,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    let id = job_id(&id)?;
    let job = app.jobs.get(&app.authorization, &id).await.map_err(job_error)?.ok_or_else(unknown_job)?;
    if job.state.is_final() || job.state == JobState::Cancelling {
        return Err(ApiError::conflict(CANNOT_RESUME));
    }
    found(app.jobs.resume(&app.authorization, &id, None).await.map_err(job_error)?)
}

/// Runs the chunks of a job that were given up once more.
#[utoipa::path(
    tag = "jobs",
    operation_id = "retryJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = "No such job."),
        (status = 409, description = "The job is not as it was made (code job_not_proven): start it anew.", body = ErrorAnswer),
    ),
    security(("token" = []))
)]
#[post("/api/jobs/{id}/retry")]
pub(crate) async fn retry_job(
    _authorized: Authorized,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    found(app.jobs.retry(&app.authorization, &job_id(&id)?, None).await.map_err(job_error)?)
}

fn found<T>(answer: Option<T>) -> Result<Json<T>, ApiError> {
    answer.map(Json).ok_or_else(unknown_job)
}
