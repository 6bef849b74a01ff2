//! A job's state, errors and dead letters. Who sees a job is said in [`super`].

use super::described::{MANY_CALLERS, NO_JOB};
use super::owner;
use super::user_jobs::UserJobs;
use crate::{ApiError, ErrorAnswer};
use actix_web::web::{Json, Path, Query};
use serde::{Deserialize, Serialize};
use shared::jobs::{DeadLetter, ErrorPage, JobView};
use utoipa::{IntoParams, ToSchema};

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// At most this many, 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Only jobs older than this one.
    before: Option<String>,
}

/// Jobs of the user, or of the org, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobList {
    /// The jobs.
    jobs: Vec<JobView>,
}

/// Lists the caller's jobs, newest first; those of all users of the org for who may manage them.
#[utoipa::path(
    get,
    path = "/api/jobs",
    tag = "jobs",
    operation_id = "listJobs",
    params(ListParams),
    responses(
        (status = 200, description = "Jobs, newest first.", body = JobList),
        (status = 429, description = MANY_CALLERS, body = ErrorAnswer),
    )
)]
pub async fn list_jobs(owner: UserJobs, params: Query<ListParams>) -> Result<Json<JobList>, ApiError> {
    let limit = params.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::bad_request("limit", "expected 1 to 100"));
    }
    let before = params.before.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| ApiError::bad_request("before", "expected the id of a job"))?;
    Ok(Json(JobList { jobs: owner.list(limit, before.as_ref()).await? }))
}

/// Tells where a job stands.
#[utoipa::path(
    get,
    path = "/api/jobs/{id}",
    tag = "jobs",
    operation_id = "getJob",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = 404, description = NO_JOB),
        (status = 429, description = MANY_CALLERS, body = ErrorAnswer),
    )
)]
pub async fn get_job(owner: UserJobs, id: Path<String>) -> Result<Json<JobView>, ApiError> {
    owner::view(&owner, &id).await
}

/// Which errors to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ErrorParams {
    /// Errors to leave out at the start, up to 1,000,000,000; 0 when absent.
    #[param(maximum = 1_000_000_000)]
    offset: Option<u64>,
    /// At most this many, 1 to 1,000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Lists the records of a job that failed, with the reasons.
#[utoipa::path(
    get,
    path = "/api/jobs/{id}/errors",
    tag = "jobs",
    operation_id = "getJobErrors",
    params(("id" = String, Path, description = "Id of the job."), ErrorParams),
    responses(
        (status = 200, description = "Errors by record.", body = ErrorPage),
        (status = 404, description = NO_JOB),
        (status = 429, description = MANY_CALLERS, body = ErrorAnswer),
    )
)]
pub async fn get_job_errors(
    owner: UserJobs,
    id: Path<String>,
    params: Query<ErrorParams>,
) -> Result<Json<ErrorPage>, ApiError> {
    owner::errors(&owner, &id, params.offset, params.limit).await
}

/// Chunks that were given up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterList {
    /// The chunks, with the reasons.
    dead_letters: Vec<DeadLetter>,
}

/// Lists the chunks of a job that were given up, with the reasons. `retryJob` runs them once more.
#[utoipa::path(
    get,
    path = "/api/jobs/{id}/deadletters", tag = "jobs",
    operation_id = "getJobDeadLetters",
    params(("id" = String, Path, description = "Id of the job.")),
    responses(
        (status = 200, description = "Chunks that were given up.", body = DeadLetterList),
        (status = 404, description = NO_JOB),
        (status = 429, description = MANY_CALLERS, body = ErrorAnswer)
    )
)]
pub async fn get_job_dead_letters(owner: UserJobs, id: Path<String>) -> Result<Json<DeadLetterList>, ApiError> {
    let dead_letters = owner::dead_letters(&owner, &id).await?;
    Ok(Json(DeadLetterList { dead_letters }))
}
