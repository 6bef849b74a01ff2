//! A job's state, errors and dead letters. Who sees a job is said in [`super`].

use super::{JobAccess, job_error, job_id, unknown_job};
use crate::client_context::Caller;
use crate::{ApiError, ErrorAnswer};
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use shared::jobs::{DeadLetter, ErrorPage, JobView, Jobs};
use utoipa::{IntoParams, ToSchema};

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// At most so many, 1 to 100; 20 when absent.
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
        (status = 429, description = "Too many callers wait for the org to say whether the caller may see the jobs of others.", body = ErrorAnswer),
    )
)]
pub async fn list_jobs(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    params: Query<ListParams>,
) -> Result<Json<JobList>, ApiError> {
    let limit = params.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::bad_request("limit", "expected 1 to 100"));
    }
    let before = params.before.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| ApiError::bad_request("before", "expected the id of a job"))?;
    let (org, before) = (caller.org_id().as_str(), before.as_ref());
    let found = match access.manages(&caller).await? {
        true => jobs.list(org, limit, before).await,
        false => jobs.list_of(org, caller.user_id(), limit, before).await,
    };
    let found = found.map_err(job_error)?;
    Ok(Json(JobList { jobs: found }))
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
        (status = 404, description = "No such job in this org that the caller may see."),
        (status = 429, description = "Too many callers wait for the org to say whether the caller may see the jobs of others.", body = ErrorAnswer),
    )
)]
pub async fn get_job(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<JobView>, ApiError> {
    access.job(&jobs, &caller, &job_id(&id)?).await.map(Json)
}

/// Far beyond the errors that are kept of a job.
const MAX_OFFSET: u64 = 1_000_000_000;

/// Which errors to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ErrorParams {
    /// Errors to leave out at the start, up to 1,000,000,000; 0 when absent.
    #[param(maximum = 1_000_000_000)]
    offset: Option<u64>,
    /// At most so many, 1 to 1,000; 100 when absent.
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
        (status = 404, description = "No such job in this org that the caller may see."),
        (status = 429, description = "Too many callers wait for the org to say whether the caller may see the jobs of others.", body = ErrorAnswer),
    )
)]
pub async fn get_job_errors(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    id: Path<String>,
    params: Query<ErrorParams>,
) -> Result<Json<ErrorPage>, ApiError> {
    let limit = params.limit.unwrap_or(100);
    if !(1..=1_000).contains(&limit) {
        return Err(ApiError::bad_request("limit", "expected 1 to 1000"));
    }
    let offset = params.offset.unwrap_or(0);
    if offset > MAX_OFFSET {
        return Err(ApiError::bad_request("offset", "expected 0 to 1000000000"));
    }
    let job = access.job(&jobs, &caller, &job_id(&id)?).await?;
    let page = jobs.errors(&job.org, &job.id, offset, limit).await.map_err(job_error)?;
    page.map(Json).ok_or_else(unknown_job)
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
        (status = 404, description = "No such job in this org that the caller may see."),
        (status = 429, description = "Too many callers wait for the org to say whether the caller may see the jobs of others.", body = ErrorAnswer)
    )
)]
pub async fn get_job_dead_letters(
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<DeadLetterList>, ApiError> {
    let job = access.job(&jobs, &caller, &job_id(&id)?).await?;
    let letters = jobs.dead_letters(&job.org, &job.id).await.map_err(job_error)?;
    letters.map(|dead_letters| Json(DeadLetterList { dead_letters })).ok_or_else(unknown_job)
}
