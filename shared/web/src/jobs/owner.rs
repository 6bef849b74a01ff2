//! Whose jobs a request may see, steer and start, and what that comes to. An operation of a service is an
//! extractor that is a [`JobOwner`], its words in the OpenAPI document, and one of the functions here.

use super::error::{idempotency_key, job_error, job_id, unknown_job};
use crate::{ApiError, RequestId};
use actix_web::http::StatusCode;
use actix_web::web::Json;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Serialize;
use shared::jobs::{Created, DeadLetter, ErrorPage, JobId, JobParams, JobState, JobView, Jobs, NewJob};

/// Why a job that ends or has ended is not resumed.
const CANNOT_RESUME: &str = "The job has ended or is being cancelled; it cannot be resumed.";

/// Far beyond the errors that are kept of a job.
const MAX_OFFSET: u64 = 1_000_000_000;

/// Most errors of an answer.
const MAX_ERRORS: u64 = 1_000;

/// Whose jobs a request is about. An extractor: a handler that takes one runs for nobody else.
pub trait JobOwner: FromRequest<Error = ApiError> {
    /// Status of the answer to `resume` and `retry`. 202 where the job goes on with the caller's session, which is used after
    /// the answer: who gives an app more rights for a call only must know that.
    const GOES_ON: StatusCode;

    /// Errors of an answer, when the request does not say how many.
    const ERRORS: u64;

    /// All jobs of the service.
    fn jobs(&self) -> &Jobs;

    /// [`NewJob::org`] of the owner's jobs.
    fn org(&self) -> &str;

    /// Who makes jobs, and who acts in their history.
    fn user(&self) -> &str;

    /// The session with which a job begins or goes on, where it is the caller's.
    ///
    /// # Errors
    /// 500 when it cannot be written.
    fn session(&self) -> Result<Option<SecretString>, ApiError>;

    /// A job that the owner may see and steer.
    ///
    /// # Errors
    /// 404 for every other one; 503 when the store does not answer.
    fn job(&self, id: &JobId) -> impl Future<Output = Result<JobView, ApiError>>;
}

/// Starts a job of the owner, and answers 202 with an `A` of it. The header `Idempotency-Key` tells a repeated request.
///
/// # Errors
/// As [`create`], and 400 for a header that is no key.
pub async fn accept<A: From<Created> + Serialize>(
    owner: &impl JobOwner,
    request: &HttpRequest,
    request_id: &RequestId,
    params: &impl JobParams,
) -> Result<HttpResponse, ApiError> {
    let created = create(owner, request_id, idempotency_key(request.headers())?, params).await?;
    Ok(HttpResponse::Accepted().json(A::from(created)))
}

/// Starts a job of the owner.
///
/// # Errors
/// 422 when the key stands for a job with other parameters; 429 when the owner has too many jobs; 503 when the store does not
/// answer.
pub async fn create<P: JobParams>(
    owner: &impl JobOwner,
    request_id: &RequestId,
    idempotency_key: Option<String>,
    params: &P,
) -> Result<Created, ApiError> {
    let job = NewJob::of(params, owner.org(), owner.user()).map_err(ApiError::internal)?;
    let (session, request_id) = (owner.session()?, request_id.as_str().to_owned());
    let job = NewJob { session, idempotency_key, request_id, ..job };
    let created = owner.jobs().create(job).await.map_err(job_error)?;
    tracing::info!(job = %created.id, kind = P::KIND, org = owner.org(), existing = created.existing, "job accepted");
    Ok(created)
}

/// Where a job stands.
///
/// # Errors
/// As [`JobOwner::job`]; so do those of the following.
pub async fn view(owner: &impl JobOwner, id: &str) -> Result<Json<JobView>, ApiError> {
    owner.job(&job_id(id)?).await.map(Json)
}

/// Records of a job that failed: those from `offset` on, at most `limit`, 1 to 1,000.
///
/// # Errors
/// 400 for a number out of its bounds.
pub async fn errors<O: JobOwner>(
    owner: &O,
    id: &str,
    offset: Option<u64>,
    limit: Option<u64>,
) -> Result<Json<ErrorPage>, ApiError> {
    let limit = limit.unwrap_or(O::ERRORS);
    if !(1..=MAX_ERRORS).contains(&limit) {
        return Err(ApiError::bad_request("limit", format!("expected 1 to {MAX_ERRORS}")));
    }
    let offset = offset.unwrap_or(0);
    if offset > MAX_OFFSET {
        return Err(ApiError::bad_request("offset", format!("expected 0 to {MAX_OFFSET}")));
    }
    let job = owner.job(&job_id(id)?).await?;
    let page = owner.jobs().errors(&job.org, &job.id, offset, limit).await.map_err(job_error)?;
    page.map(Json).ok_or_else(unknown_job)
}

/// Chunks of a job that were given up.
///
/// # Errors
/// As [`view`].
pub async fn dead_letters(owner: &impl JobOwner, id: &str) -> Result<Vec<DeadLetter>, ApiError> {
    let job = owner.job(&job_id(id)?).await?;
    owner.jobs().dead_letters(&job.org, &job.id).await.map_err(job_error)?.ok_or_else(unknown_job)
}

/// Cancels a job.
///
/// # Errors
/// As [`view`].
pub async fn cancel(owner: &impl JobOwner, id: &str) -> Result<Json<JobView>, ApiError> {
    let job = owner.job(&job_id(id)?).await?;
    let job = owner.jobs().by(owner.user()).cancel(&job.org, &job.id).await.map_err(job_error)?;
    job.map(Json).ok_or_else(unknown_job)
}

/// Lets a job go on that needs authorization.
///
/// # Errors
/// 409 when it ends, has ended, or is not as it was made.
pub async fn resume<O: JobOwner>(owner: &O, id: &str) -> Result<(Json<JobView>, StatusCode), ApiError> {
    let job = owner.job(&job_id(id)?).await?;
    if job.state.is_final() || job.state == JobState::Cancelling {
        return Err(ApiError::conflict(CANNOT_RESUME));
    }
    let jobs = owner.jobs().by(owner.user());
    let job = jobs.resume(&job.org, &job.id, owner.session()?).await.map_err(job_error)?;
    Ok((Json(job.ok_or_else(unknown_job)?), O::GOES_ON))
}

/// Runs the chunks of a job that were given up once more.
///
/// # Errors
/// 409 when it is not as it was made; 429 when the owner has too many open jobs.
pub async fn retry<O: JobOwner>(owner: &O, id: &str) -> Result<(Json<JobView>, StatusCode), ApiError> {
    let job = owner.job(&job_id(id)?).await?;
    let jobs = owner.jobs().by(owner.user());
    let job = jobs.retry(&job.org, &job.id, owner.session()?).await.map_err(job_error)?;
    Ok((Json(job.ok_or_else(unknown_job)?), O::GOES_ON))
}
