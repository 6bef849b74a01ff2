//! A job's state, errors, and what can be done with it. Only the org that started a job sees it.

use super::{job_error, job_id, unknown_job};
use crate::State;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use shared::jobs::{DeadLetter, ErrorPage, JobState, JobView};
use shared::web::ApiError;
use shared::web::client_context::Caller;
use utoipa::{IntoParams, ToSchema};

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// At most so many, 1 to 100; 20 when absent.
    limit: Option<usize>,
    /// Only jobs older than this one.
    before: Option<String>,
}

/// Jobs of the org, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    /// The jobs.
    jobs: Vec<JobView>,
}

/// Lists the org's jobs, newest first.
#[utoipa::path(operation_id = "listJobs", params(ListParams), responses((status = 200, description = "Jobs, newest first.", body = JobList)))]
#[get("/api/jobs")]
pub(crate) async fn list_jobs(
    state: Data<State>,
    caller: Caller,
    params: Query<ListParams>,
) -> Result<Json<JobList>, ApiError> {
    let limit = params.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::bad_request("limit", "expected 1 to 100"));
    }
    let before = params.before.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| ApiError::bad_request("before", "expected the id of a job"))?;
    let jobs = state.jobs.list(caller.org_id().as_str(), limit, before.as_ref()).await.map_err(job_error)?;
    Ok(Json(JobList { jobs }))
}

/// Tells where a job stands.
#[utoipa::path(operation_id = "getJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job.", body = JobView), (status = 404, description = "No such job in this org.")))]
#[get("/api/jobs/{id}")]
pub(crate) async fn get_job(state: Data<State>, caller: Caller, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    let job = state.jobs.get(caller.org_id().as_str(), &job_id(&id)?).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}

/// Which errors to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ErrorParams {
    /// Errors to leave out at the start; 0 when absent.
    offset: Option<u64>,
    /// At most so many, 1 to 1,000; 100 when absent.
    limit: Option<u64>,
}

/// Lists the records of a job that failed, with the reasons.
#[utoipa::path(operation_id = "getJobErrors", params(("id" = String, Path, description = "Id of the job."), ErrorParams), responses((status = 200, description = "Errors by record.", body = ErrorPage), (status = 404, description = "No such job in this org.")))]
#[get("/api/jobs/{id}/errors")]
pub(crate) async fn get_job_errors(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
    params: Query<ErrorParams>,
) -> Result<Json<ErrorPage>, ApiError> {
    let limit = params.limit.unwrap_or(100);
    if !(1..=1_000).contains(&limit) {
        return Err(ApiError::bad_request("limit", "expected 1 to 1000"));
    }
    let offset = params.offset.unwrap_or(0);
    let page = state.jobs.errors(caller.org_id().as_str(), &job_id(&id)?, offset, limit).await.map_err(job_error)?;
    page.map(Json).ok_or_else(unknown_job)
}

/// Chunks that were given up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeadLetterList {
    /// The chunks, with the reasons.
    dead_letters: Vec<DeadLetter>,
}

/// Lists the chunks of a job that were given up, with the reasons. `retryJob` runs them once more.
#[utoipa::path(
    operation_id = "getJobDeadLetters",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "Chunks that were given up.", body = DeadLetterList),
        (status = 404, description = "No such job in this org.")
    )
)]
#[get("/api/jobs/{id}/deadletters")]
pub(crate) async fn get_job_dead_letters(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<DeadLetterList>, ApiError> {
    let letters = state.jobs.dead_letters(caller.org_id().as_str(), &job_id(&id)?).await.map_err(job_error)?;
    letters.map(|dead_letters| Json(DeadLetterList { dead_letters })).ok_or_else(unknown_job)
}

/// Cancels a job: what has not started is dropped at once, what runs ends.
#[utoipa::path(operation_id = "cancelJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job, cancelling, cancelled or ended before.", body = JobView), (status = 404, description = "No such job in this org.")))]
#[post("/api/jobs/{id}/cancel")]
pub(crate) async fn cancel_job(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    let job = state.jobs.cancel(caller.org_id().as_str(), &job_id(&id)?).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}

/// Lets a job that needs authorization go on from where it stood, with the caller's session.
#[utoipa::path(operation_id = "resumeJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job, running.", body = JobView), (status = 404, description = "No such job in this org."), (status = 409, description = "The job has ended.")))]
#[post("/api/jobs/{id}/resume")]
pub(crate) async fn resume_job(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    let (org, id) = (caller.org_id().to_string(), job_id(&id)?);
    let job = state.jobs.get(&org, &id).await.map_err(job_error)?.ok_or_else(unknown_job)?;
    if job.state.is_final() || job.state == JobState::Cancelling {
        return Err(ApiError::conflict("The job has ended or is being cancelled; it cannot be resumed."));
    }
    let job = state
        .jobs
        .resume(&org, &id, Some(caller.session.to_secret().map_err(ApiError::internal)?))
        .await
        .map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}

/// Runs the chunks that were given up once more, with the caller's session.
#[utoipa::path(operation_id = "retryJob", params(("id" = String, Path, description = "Id of the job.")), responses((status = 200, description = "The job.", body = JobView), (status = 404, description = "No such job in this org.")))]
#[post("/api/jobs/{id}/retry")]
pub(crate) async fn retry_job(state: Data<State>, caller: Caller, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    let session = Some(caller.session.to_secret().map_err(ApiError::internal)?);
    let job = state.jobs.retry(caller.org_id().as_str(), &job_id(&id)?, session).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}
